using System.Text.RegularExpressions;

namespace AkkaLb.Samples.Tests.Pages;

/// <summary>A fenced block of a page.</summary>
/// <param name="Language">The first word behind the fence; empty: none.</param>
/// <param name="Regions">The other words behind a fence of C#: each names a <see cref="Region"/>, as <c>FILE#NAME</c>.</param>
/// <param name="Line">Of the fence that opens it, from 1 on.</param>
/// <param name="Indent">Of that fence, as the block stands in a list; <paramref name="Lines"/> are without it.</param>
internal sealed partial record Block(string Language, IReadOnlyList<string> Regions, int Line, string Indent, IReadOnlyList<string> Lines)
{
    public bool IsCSharp => Language is "csharp" or "cs" or "c#";

    public string Text => string.Join('\n', Lines);

    /// <summary>All blocks of a page, in order.</summary>
    /// <exception cref="FormatException">One is not closed.</exception>
    public static IEnumerable<Block> In(IReadOnlyList<string> page)
    {
        for (var i = 0; i < page.Count; i++)
        {
            if (Fence().Match(page[i]) is not { Success: true } open)
            {
                continue;
            }

            var (indent, from) = (open.Groups["indent"].Value, i + 1);
            do
            {
                i++;
            }
            while (i < page.Count && page[i].Trim() != "```");
            if (i == page.Count)
            {
                throw new FormatException($"the block in line {from} is not closed");
            }

            var words = open.Groups["words"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            yield return new Block(
                words.FirstOrDefault(""), [.. words.Skip(1)], from, indent, [.. page.Take(i).Skip(from).Select(line => Without(indent, line))]);
        }
    }

    /// <summary>The lines of a page that are in no block, numbered from 1 on.</summary>
    public static IEnumerable<(int Number, string Text)> Outside(IReadOnlyList<string> page)
    {
        var inside = In(page).SelectMany(block => Enumerable.Range(block.Line, block.Lines.Count + 2)).ToHashSet();
        return page.Select((text, i) => (i + 1, text)).Where(line => !inside.Contains(line.Item1));
    }

    /// <summary>The page with other lines in this block.</summary>
    public IEnumerable<string> Replace(IReadOnlyList<string> page, IEnumerable<string> lines) =>
        [.. page.Take(Line), .. lines.Select(line => line.Length == 0 ? "" : Indent + line), .. page.Skip(Line + Lines.Count)];

    private static string Without(string indent, string line) =>
        line.StartsWith(indent, StringComparison.Ordinal) ? line[indent.Length..] : line.TrimStart();

    [GeneratedRegex("^(?<indent> *)```(?<words>.*)$")]
    private static partial Regex Fence();
}
