using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AkkaLb.Samples.Tests.Pages;

/// <summary>The index of all pages, <c>docs/README.md</c>, and the table of contents of the site, which is made of it.</summary>
internal static partial class SiteIndex
{
    public const string Path = "docs/README.md";

    public const string TocPath = "docs/toc.yml";

    /// <summary>Pages that list further ones: the index leads to them.</summary>
    private static readonly string[] Lists = ["docs/decisions/README.md", "docs/packages.md"];

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A line that leads to a page.</summary>
    /// <param name="Name">What the link says.</param>
    /// <param name="Page">From the root on.</param>
    public sealed record Entry(string Name, string Page);

    /// <summary>What a page lists, by heading, in order.</summary>
    public static IEnumerable<(string Heading, IReadOnlyList<Entry> Entries)> Of(string path, IReadOnlyList<string> page)
    {
        var (heading, entries) = ("", new List<Entry>());
        foreach (var (_, line) in Block.Outside(page))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                yield return (heading, entries);
                (heading, entries) = (line["## ".Length..], []);
            }
            else if (Line().Match(line) is { Success: true } match)
            {
                entries.Add(new Entry(match.Groups["name"].Value, new Link(0, match.Groups["target"].Value).File(path)));
            }
        }

        yield return (heading, entries);
    }

    /// <summary>The pages that one lists.</summary>
    public static IReadOnlyList<Entry> Entries(string path) => [.. Of(path, Page.Read(path)).SelectMany(part => part.Entries)];

    /// <summary>Those that the pages list to which the index leads.</summary>
    public static IReadOnlyList<Entry> Further => [.. Lists.SelectMany(Entries)];

    public static IReadOnlyList<string> Toc() =>
    [
        "# scripts/refresh-docs makes this of README.md, and of what the pages that list others say.",
        "- name: All pages",
        "  href: README.md",
        .. Of(Path, Page.Read(Path)).Where(part => part.Entries.Count > 0).SelectMany(part => (IEnumerable<string>)
        [
            $"- name: {Quoted(part.Heading)}",
            "  items:",
            .. part.Entries.SelectMany(entry => Lines(entry, "  ")),
        ]),
    ];

    private static IEnumerable<string> Lines(Entry entry, string indent) =>
    [
        $"{indent}- name: {Quoted(entry.Name)}",
        $"{indent}  href: {System.IO.Path.GetRelativePath("docs", entry.Page).Replace('\\', '/')}",
        .. Lists.Contains(entry.Page) ? Entries(entry.Page).SelectMany(further => Lines(further, indent + "  ")).Prepend($"{indent}  items:") : [],
    ];

    /// <summary>A string of JSON is one of YAML.</summary>
    private static string Quoted(string text) => JsonSerializer.Serialize(text, Readable);

    [GeneratedRegex(@"^(- [^\[]*|\| )\[(?<name>[^\]]+)\]\((?<target>[^)#]+\.md)\)")]
    private static partial Regex Line();
}
