namespace AkkaLb.Programs.Hocon;

/// <summary>The substitutions of a text, to find those that lead back to themselves: reading one overflows the stack in Akka.</summary>
/// <remarks>
/// Site i, standing at key P, needs site j when the path it names and the key of j are the same or one contains the other. This is
/// conservative: a later key that replaces an earlier one is not taken into account. Few sites are allowed, so plain loops will do.
/// </remarks>
internal sealed class SubstitutionSites
{
    public const int CountMax = 200;
    private readonly List<Site> _sites = [];

    public bool IsFull => _sites.Count >= CountMax;

    public void Add(int offset, string key, string target) => _sites.Add(new Site(offset, key, target));

    public void ReportCycles(ProblemList problems)
    {
        foreach (var site in _sites)
        {
            if (!LeadsBack(site)) continue;
            problems.Add(site.Offset, $"${{{Excerpt.Of(site.Target)}}} leads back to itself; name a key that does not depend on this one");
        }
    }

    private bool LeadsBack(Site start)
    {
        var seen = new HashSet<Site>();
        var pending = new Stack<Site>([start]);
        while (pending.TryPop(out var site))
        {
            foreach (var next in _sites.Where(other => Overlap(site.Target, other.Key)))
            {
                if (next == start) return true;
                if (seen.Add(next)) pending.Push(next);
            }
        }
        return false;
    }

    private static bool Overlap(string one, string other) =>
        one.Length <= other.Length ? Contains(one, other) : Contains(other, one);

    private static bool Contains(string section, string key) =>
        key.StartsWith(section, StringComparison.Ordinal) && (key.Length == section.Length || key[section.Length] == '.');

    private sealed record Site(int Offset, string Key, string Target);
}
