namespace AkkaLb.Endpoints;

/// <summary>Lets a line through once, and again after a while with the number of those held back: what happens every second fills no log.</summary>
/// <remarks>Not thread-safe.</remarks>
/// <param name="quietFor">How long further lines of the same source are held back.</param>
/// <param name="linesMax">How many sources are told apart; strangers choose what they are called. Further ones share one line in that time.</param>
public sealed class RareLines(TimeSpan quietFor, int linesMax)
{
    private readonly Dictionary<string, Held> _sources = [];
    private Held _others = new() { QuietUntil = TimeSpan.MinValue };

    /// <summary>How many sources are told apart at this moment.</summary>
    public int Remembered => _sources.Count;

    /// <summary>The line is its own source.</summary>
    public string? Say(string line, TimeSpan now) => Say(line, line, now);

    /// <param name="source">The peer that it is about.</param>
    /// <param name="now">A monotonic clock.</param>
    /// <returns>What to log now; null for nothing.</returns>
    public string? Say(string source, string line, TimeSpan now)
    {
        if (_sources.TryGetValue(source, out var held) && now < held.QuietUntil)
        {
            held.Count++;
            return null;
        }

        if (held is null && _sources.Count >= linesMax && !HasForgotten(now))
        {
            return SayOfOthers(line, now);
        }

        _sources[source] = new Held { QuietUntil = now + quietFor };
        return held is { Count: > 0 } ? $"{line} (such lines left out since the last one: {held.Count})" : line;
    }

    private string? SayOfOthers(string line, TimeSpan now)
    {
        if (now < _others.QuietUntil)
        {
            _others.Count++;
            return null;
        }

        var count = _others.Count;
        _others = new Held { QuietUntil = now + quietFor };
        return count > 0
            ? $"{line} (such lines of other sources left out since the last one: {count})"
            : $"{line} (there are too many sources to name each)";
    }

    private bool HasForgotten(TimeSpan now)
    {
        foreach (var (source, held) in _sources)
        {
            if (held.QuietUntil <= now)
            {
                _sources.Remove(source);
            }
        }

        return _sources.Count < linesMax;
    }

    private sealed class Held
    {
        public required TimeSpan QuietUntil { get; init; }

        public int Count { get; set; }
    }
}
