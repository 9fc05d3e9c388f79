using AkkaLb.Packages;

namespace AkkaLb.Samples.Tests.Pages;

/// <summary>What people read: README.md, and the pages below docs, src and samples.</summary>
internal static class Page
{
    /// <summary>Their paths from the root on.</summary>
    public static IReadOnlyList<string> Paths { get; } =
    [
        "README.md",
        .. new[] { "docs", "src", "samples" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.md", SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> All { get; } = new(Paths);

    public static string[] Read(string path) => File.ReadAllLines(Path.Combine(Repository.Root, path));

    public static void Write(string path, IEnumerable<string> lines) =>
        File.WriteAllText(Path.Combine(Repository.Root, path), string.Concat(lines.Select(line => line + "\n")));
}
