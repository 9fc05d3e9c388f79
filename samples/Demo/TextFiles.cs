using AkkaLb.Programs;

namespace AkkaLb.Demo;

/// <summary>Which files the demo counts.</summary>
internal static class TextFiles
{
    private static readonly HashSet<string> Endings = new(StringComparer.OrdinalIgnoreCase)
    {
        ".md", ".cs", ".hocon", ".proto", ".txt", ".props", ".csproj", ".sln", ".py", "",
    };

    private static readonly HashSet<string> NotOurs = new(StringComparer.Ordinal) { "bin", "obj", "artifacts", ".git", "TestResults",
        "BenchmarkDotNet.Artifacts" };

    /// <summary>Links are not followed, so that none leads round in a circle.</summary>
    private static readonly EnumerationOptions Readable = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>The given files and the files in the given folders; without any, this repository's text files.</summary>
    /// <exception cref="ProgramException">A path does not exist, or there is no file.</exception>
    public static IReadOnlyList<string> Find(IReadOnlyList<string> paths)
    {
        var files = paths.Count == 0 ? Walk(RepositoryRoot(), f => Endings.Contains(Path.GetExtension(f))) : paths.SelectMany(Expand);
        var found = files.ToList();
        return found.Count > 0 ? found : throw new ProgramException(ExitCode.Usage, "no file to count: name some");
    }

    private static IEnumerable<string> Expand(string path) => File.Exists(path) ? [path]
        : Directory.Exists(path) ? Walk(path, _ => true)
        : throw new ProgramException(ExitCode.Usage, $"{path}: no such file or folder");

    private static IEnumerable<string> Walk(string folder, Func<string, bool> isWanted)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", Readable).Where(isWanted).Order(StringComparer.Ordinal))
        {
            yield return file;
        }

        foreach (var inner in Directory.EnumerateDirectories(folder, "*", Readable).Where(
            d => !NotOurs.Contains(Path.GetFileName(d))).Order(StringComparer.Ordinal))
        {
            foreach (var file in Walk(inner, isWanted))
            {
                yield return file;
            }
        }
    }

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AkkaLb.sln")))
            {
                return folder.FullName;
            }
        }

        throw new ProgramException(ExitCode.Usage, "this is not run from a clone of the repository: name files to count");
    }
}
