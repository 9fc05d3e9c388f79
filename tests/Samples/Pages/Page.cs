using AkkaLb.Packages;
using AkkaLb.Tests.Support;

namespace AkkaLb.Samples.Tests.Pages;

/// <summary>What people read: README.md, CHANGELOG.md, and the pages below docs, src, samples, bench and tests.</summary>
internal static class Page
{
    /// <summary>Their paths from the root on.</summary>
    public static IReadOnlyList<string> Paths { get; } =
    [
        "README.md",
        "CHANGELOG.md",
        .. new[] { "docs", "src", "samples", "bench", "tests" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.md", SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> All { get; } = new(Paths);

    /// <summary>Whether pages are written anew where they would fail.</summary>
    public static bool IsRefreshing { get; } = Environment.GetEnvironmentVariable("AKKALB_REFRESH_DOCS") == "1";

    public static string[] Read(string path) => File.ReadAllLines(Path.Combine(Repository.Root, path));

    public static void Write(string path, IEnumerable<string> lines) =>
        File.WriteAllText(Path.Combine(Repository.Root, path), string.Concat(lines.Select(line => line + "\n")));
    /// <summary>A file that is made of others: writes it when refreshing, else compares.</summary>
    public static void Hold(string path, IReadOnlyList<string> lines)
    {
        if (IsRefreshing)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Repository.Root, path))!);
            Write(path, lines);
            return;
        }

        var page = Read(path);
        Assert.True(page.SequenceEqual(lines), $"""
            {path} is not what it is made of ("-": the page, "+": to be there).
            {string.Join('\n', LineDiff.Of(page, lines))}
            Run scripts/refresh-docs.
            """);
    }
}
