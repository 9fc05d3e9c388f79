using System.Text.RegularExpressions;

namespace AkkaLb.Samples.Tests.Pages;

/// <summary>A file of defaults in HOCON, as far as people read it: keys, and the comments above them.</summary>
/// <param name="Of">Whose defaults they are.</param>
/// <param name="File">From the root on.</param>
/// <param name="About">The comment above the first block.</param>
internal sealed partial record Defaults(string Of, string File, string About, IReadOnlyList<Defaults.Section> Sections)
{
    /// <summary>A block. <paramref name="Path"/> is its name in HOCON, from the root on.</summary>
    public sealed record Section(string Path, string About, List<Key> Keys);

    /// <summary><paramref name="About"/> is empty where the comment above the block says all.</summary>
    public sealed record Key(string Path, string Default, string About);

    /// <summary>Reads a file with one key, brace or comment in a line.</summary>
    /// <exception cref="FormatException">A line is something else, or a comment stands above nothing.</exception>
    public static Defaults Read(string of, string file, IReadOnlyList<string> lines)
    {
        var (sections, open) = (new List<Section>(), new Stack<Section>());
        var comment = new List<string>();
        Key? above = null;   // in the line above, with a text of its own
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].Trim();
            if (line.StartsWith('#'))
            {
                comment.Add(line[1..]);
                continue;
            }

            if (Begin().Match(line) is { Success: true } begin)
            {
                sections.Add(new Section(Path(begin.Groups["name"].Value), Text(comment), []));
                open.Push(sections[^1]);
                above = null;
            }
            else if (Pair().Match(line) is { Success: true } pair && open.TryPeek(out var section))
            {
                var text = comment.Count > 0 ? Text(comment) : above is null ? "" : $"See `{above.Path}`.";
                var key = new Key(Path(pair.Groups["name"].Value), pair.Groups["value"].Value.Replace("{ }", "{}", StringComparison.Ordinal), text);
                section.Keys.Add(key);
                above = comment.Count > 0 ? key : above;
            }
            else if (comment.Count == 0 && (line.Length == 0 || (line == "}" && open.TryPop(out _))))
            {
                above = null;
            }
            else
            {
                throw new FormatException($"{file}, line {i + 1}: neither a key, a block nor a comment above one: {line}");
            }

            comment.Clear();
        }

        var about = sections is [var first, ..] ? first.About : throw new FormatException($"{file} has no block");
        return new Defaults(of, file, about, [first with { About = "" }, .. sections.Skip(1)]);

        string Path(string name) => open.TryPeek(out var parent) ? $"{parent.Path}.{name}" : name;
    }

    /// <summary>As Markdown. Lines that are indented stay together, as code where they are HOCON.</summary>
    private static string Text(List<string> comment)
    {
        var pieces = new List<(bool IsIndented, string Text)>();
        foreach (var line in comment)
        {
            var (isIndented, text) = (line.StartsWith("   ", StringComparison.Ordinal), line.Trim());
            if (pieces is [.., var last] && last.IsIndented == isIndented)
            {
                pieces[^1] = (isIndented, $"{last.Text} {text}");
            }
            else
            {
                pieces.Add((isIndented, text));
            }
        }

        return string.Join(' ', pieces.Select(piece => piece.IsIndented && piece.Text.Contains('{', StringComparison.Ordinal)
            ? $"`{piece.Text}`"
            : Code().Replace(piece.Text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "\\<", StringComparison.Ordinal), "`$0`")));
    }

    [GeneratedRegex(@"^(?<name>[a-z][a-z.-]*) \{$")]
    private static partial Regex Begin();

    [GeneratedRegex(@"^(?<name>[a-z][a-z-]*)(?: = (?<value>\S.*)| (?<value>\{ ?\}))$")]
    private static partial Regex Pair();

    /// <summary>Flags, keys, addresses and variables.</summary>
    [GeneratedRegex(@"--[a-z]+(-[a-z]+)*|\bakka(lb)?(\.[a-z-]*[a-z])+|\bhttps?://[^\s,]+|\bAKKALB_[A-Z_]+")]
    private static partial Regex Code();
}
