namespace AkkaLb.Samples.Tests.Pages;

/// <summary>Lines of a source file between <c>// &lt;NAME></c> and <c>// &lt;/NAME></c>. A region may have several pieces, which pages show as
/// one.</summary>
internal static class Region
{
    /// <summary>The lines of a region, moved to the left as far as all of them go.</summary>
    /// <exception cref="FormatException">There is no such region, it has no end, or nothing is in it.</exception>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> source, string name)
    {
        var (lines, isInside) = (new List<string>(), false);
        foreach (var line in source)
        {
            var mark = line.Trim();
            if (mark == (isInside ? $"// </{name}>" : $"// <{name}>"))
            {
                isInside = !isInside;
            }
            else if (isInside && !IsMark(mark))
            {
                lines.Add(line.TrimEnd());
            }
        }

        if (isInside)
        {
            throw new FormatException($"the region \"{name}\" has no end");
        }

        var written = lines.Where(line => line.Length > 0).ToList();
        if (written.Count == 0)
        {
            throw new FormatException($"there is no region \"{name}\", or nothing is in it");
        }

        var margin = written.Min(line => line.Length - line.TrimStart().Length);
        return [.. lines.Select(line => line.Length == 0 ? line : line[margin..])];
    }

    /// <summary>The names of all regions of a file.</summary>
    public static IEnumerable<string> Names(IEnumerable<string> source) => source
        .Select(line => line.Trim())
        .Where(line => IsMark(line) && !line.StartsWith("// </", StringComparison.Ordinal))
        .Select(mark => mark["// <".Length..^1])
        .Distinct();

    private static bool IsMark(string line) => line.StartsWith("// <", StringComparison.Ordinal) && line.EndsWith('>');
}
