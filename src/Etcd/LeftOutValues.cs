namespace AkkaLb.Etcd;

/// <summary>Remembers which values are left out and why, so that each is said once: the first few by name, of the rest only how many.</summary>
/// <remarks>Somebody who can write 20,000 wrong values must not fill a disk with log lines. Not thread-safe.</remarks>
/// <param name="namedMax">While so many are left out, a new one is said by name.</param>
public sealed class LeftOutValues(int namedMax = LeftOutValues.NamedMax)
{
    /// <summary>As many are named, unless told otherwise.</summary>
    public const int NamedMax = 20;

    private readonly Dictionary<string, string> _problems = [];
    private long _sumAt = namedMax + 1L;

    /// <summary>Notes a value that is left out.</summary>
    /// <returns>Whether to say so: it was not known, or for another reason, and there are not too many.</returns>
    public bool IsNews(string key, string problem)
    {
        if (_problems.TryGetValue(key, out var known) && known == problem)
        {
            return false;
        }

        _problems[key] = problem;
        return _problems.Count <= namedMax;
    }

    /// <summary>How many are left out beyond those that were named, when it is time to say so: at the end of a batch, and each time their number
    /// has doubled; 0 when it is not.</summary>
    public int Sum()
    {
        if (_problems.Count < _sumAt)
        {
            return 0;
        }

        _sumAt = 2L * _problems.Count;
        return _problems.Count - namedMax;
    }

    /// <summary>This one is gone, or can be used now.</summary>
    public void Forget(string key)
    {
        if (_problems.Remove(key))
        {
            LowerSum();
        }
    }

    /// <summary>All but these are gone, or can be used now.</summary>
    public void ForgetAllBut(IReadOnlySet<string> keys)
    {
        foreach (var gone in _problems.Keys.Where(k => !keys.Contains(k)).ToList())
        {
            _problems.Remove(gone);
        }

        LowerSum();
    }

    private void LowerSum() => _sumAt = Math.Min(_sumAt, Math.Max(namedMax + 1L, 2L * _problems.Count));
}
