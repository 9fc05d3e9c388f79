namespace AkkaLb.Core;

/// <summary>Lets a line through once, and again after a while with the number of those held back: what happens every second fills no log.</summary>
/// <remarks>Not thread-safe.</remarks>
/// <param name="quietFor">How long the same line is held back.</param>
/// <param name="linesMax">How many lines are remembered; strangers choose what is in them.</param>
public sealed class RareLines(TimeSpan quietFor, int linesMax)
{
    private readonly Dictionary<string, Held> _lines = [];

    public int Remembered => _lines.Count;

    /// <returns>What to log now; null for nothing.</returns>
    public string? Say(string line, TimeSpan now)
    {
        if (_lines.TryGetValue(line, out var held) && now < held.QuietUntil)
        {
            held.Count++;
            return null;
        }

        if (held is null && _lines.Count >= linesMax)
        {
            ForgetOld(now);
        }

        _lines[line] = new Held { QuietUntil = now + quietFor };
        return held is { Count: > 0 } ? $"{line} ({held.Count} times more since the last such line)" : line;
    }

    private void ForgetOld(TimeSpan now)
    {
        foreach (var old in _lines.Where(l => l.Value.QuietUntil <= now).Select(l => l.Key).ToList())
        {
            _lines.Remove(old);
        }

        if (_lines.Count >= linesMax)
        {
            _lines.Clear();
        }
    }

    private sealed class Held
    {
        public required TimeSpan QuietUntil { get; init; }

        public int Count { get; set; }
    }
}
