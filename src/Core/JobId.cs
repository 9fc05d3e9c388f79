using System.Globalization;

namespace AkkaLb.Core;

/// <summary>One life of one worker: two values are the same worker process exactly when both parts are equal.</summary>
public readonly record struct WorkerKey(string Id, long Incarnation);

/// <summary>Names a job across all clients: a random number drawn once per client, and the client's own count.</summary>
public readonly record struct JobId(long Client, long Sequence)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Client:x}-{Sequence}");
}
