namespace AkkaLb.Core.Machines;

/// <summary>A trouble that lasts: it is told once when it begins, then each problem that is another than those told, and its end once.</summary>
/// <remarks>Not thread-safe.</remarks>
/// <param name="toldMax">So many different problems are told while one trouble lasts; at least 1. A cause that says something new each time fills
/// no log.</param>
public sealed class Trouble(int toldMax = 1)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>It has begun and not ended.</summary>
    public bool IsOn { get; private set; }

    /// <summary>It is there.</summary>
    /// <returns>Whether this is to be told.</returns>
    public bool Meet(string problem)
    {
        IsOn = true;
        return _told.Count < toldMax && _told.Add(problem);
    }

    /// <summary>It is over.</summary>
    /// <returns>Whether that is to be told: there was trouble.</returns>
    public bool End()
    {
        var wasOn = IsOn;
        IsOn = false;
        _told.Clear();
        return wasOn;
    }
}
