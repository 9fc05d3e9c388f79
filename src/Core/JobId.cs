using System.Globalization;

namespace AkkaLb.Core;

/// <summary>One life of one worker: two values are the same worker process exactly when both parts are equal.</summary>
public readonly record struct WorkerKey(string Id, long Incarnation);

/// <summary>Names a job across all clients: a random number drawn once per client, and the client's own count.</summary>
public readonly record struct JobId(long Client, long Sequence)
{
    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string? text, out JobId id)
    {
        id = default;
        var dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash < 1
            || !long.TryParse(text.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var client) || client <= 0
            || !long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            return false;
        }

        id = new JobId(client, sequence);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Client:x}-{Sequence}");
}
