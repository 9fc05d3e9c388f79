namespace AkkaLb.Programs.Hocon;

/// <summary>Guesses which known path was meant by an unknown one.</summary>
internal static class NearestName
{
    /// <returns>Null when nothing is near: a wrong guess is worse than none.</returns>
    public static string? Of(string path, IReadOnlyCollection<string> known)
    {
        if (known.Count == 0) return null;
        var nearest = known.MinBy(candidate => Distance(path, candidate))!;
        var name = LastName(path);
        if (Distance(path, nearest) <= 1 + (name.Length / 4)) return nearest;
        // The right name in the wrong section.
        var elsewhere = known.Where(candidate => LastName(candidate) == name).ToList();
        return elsewhere.Count == 1 ? elsewhere[0] : null;
    }

    private static string LastName(string path) => path[(path.LastIndexOf('.') + 1)..];

    // Levenshtein's edit distance, one row at a time.
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var substituted = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[other.Length];
    }
}
