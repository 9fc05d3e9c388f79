using System.Text.RegularExpressions;
using AkkaLb.Packages;
using AkkaLb.Tests.Support;

namespace AkkaLb.Samples.Tests.Pages;

/// <summary>A link of a page to another page or file of this repository, or to a heading.</summary>
/// <param name="Line">Where it stands, from 1 on.</param>
/// <param name="Target">As it is written: a path from the page's folder on, <c>#</c> and an anchor, or both.</param>
internal sealed partial record Link(int Line, string Target)
{
    /// <summary>All of a page that are no address, in order.</summary>
    public static IEnumerable<Link> In(IReadOnlyList<string> page) =>
        from line in Block.Outside(page)
        from Match match in Destination().Matches(CodeSpan().Replace(line.Text, ""))
        let target = match.Groups["target"].Value
        where !Address().IsMatch(target)
        select new Link(line.Number, target);

    /// <summary>The page or file that it leads to, from the root on.</summary>
    public string File(string path) => FileOf(path).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>What is wrong with it on the page of this path; null: nothing.</summary>
    public string? Problem(string path)
    {
        var file = FileOf(path);
        var full = Path.Combine(Repository.Root, file);
        var anchor = Target.Split('#') is [_, var after] ? after : null;
        return file.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(file) ? "leads out of the repository"
            : Directory.Exists(full) ? "leads to a folder; name its README.md, or write the folder as code"
            : !System.IO.File.Exists(full) ? "leads nowhere"
            : anchor is not null && !(file.EndsWith(".md", StringComparison.Ordinal) && Anchors(Page.Read(file)).Contains(anchor))
                ? "names a heading that is not there"
            : null;
    }

    /// <summary>Of the headings of a page, as sites make them: small letters, hyphens for blanks, no other punctuation. One that comes again is
    /// numbered.</summary>
    public static IReadOnlySet<string> Anchors(IReadOnlyList<string> page)
    {
        var (anchors, times) = (new HashSet<string>(), new Dictionary<string, int>());
        foreach (var line in Block.Outside(page))
        {
            if (Heading().Match(line.Text) is { Success: true } heading)
            {
                var text = LinkText().Replace(heading.Groups["text"].Value, "$1");
                var anchor = NotInAnchors().Replace(text.ToLowerInvariant(), "").Replace(' ', '-');
                var before = times[anchor] = times.GetValueOrDefault(anchor, -1) + 1;
                anchors.Add(before == 0 ? anchor : $"{anchor}-{before}");
            }
        }

        return anchors;
    }

    private string FileOf(string path)
    {
        var file = Target.Split('#')[0];
        return file.Length == 0
            ? path
            : Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(path)!, file)));
    }

    [GeneratedRegex(@"(\]\(|^ {0,3}\[[^\]]+\]: +|<(a|img) [^>]*(href|src)="")(?<target>[^\s)"">]+)")]
    private static partial Regex Destination();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*:", RegexOptions.IgnoreCase)]
    private static partial Regex Address();

    [GeneratedRegex("^#{1,6} +(?<text>.*?) *#*$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkText();

    [GeneratedRegex(@"[^\p{L}\p{M}\p{N}_ -]")]
    private static partial Regex NotInAnchors();
}
