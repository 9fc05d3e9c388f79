using AkkaLb.Tests.Support;

namespace AkkaLb.Packages;

/// <summary>Files below <c>Api</c> that hold what was built once, and a difference is to be seen and accepted.</summary>
internal static class Held
{
    /// <summary>What <c>scripts/accept-api</c> runs.</summary>
    public const string Trait = "holds";

    public const string Files = "files";

    private static readonly bool IsAccepting = Environment.GetEnvironmentVariable("AKKALB_ACCEPT_API") == "1";

    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "Packages", "Api");

    /// <summary>Fails when the file holds other lines; or takes these, when that is asked for.</summary>
    public static void Check(string file, IEnumerable<string> built)
    {
        var (path, lines) = (Path.Combine(Folder, file), built.ToArray());
        if (IsAccepting)
        {
            Directory.CreateDirectory(Folder);
            File.WriteAllText(path, string.Concat(lines.Select(line => line + "\n")));
        }

        var held = File.Exists(path) ? File.ReadAllLines(path) : [];
        Assert.True(held.SequenceEqual(lines), $"""
            tests/Packages/Api/{file} does not hold what was built ("-": held, "+": built).
            {string.Join('\n', LineDiff.Of(held, lines))}
            If that is meant, run scripts/accept-api and commit what it changes.
            """);
    }

    /// <summary>Fails when a file belongs to none of the libraries; or deletes it, when that is asked for.</summary>
    public static void CheckNames(IEnumerable<string> expected)
    {
        var gone = Directory.GetFiles(Folder).Except(expected.Select(file => Path.Combine(Folder, file))).ToList();
        if (IsAccepting)
        {
            gone.ForEach(File.Delete);
            return;
        }

        Assert.True(gone.Count == 0, $"no library has {string.Join(", ", gone)}: run scripts/accept-api and commit what it changes");
    }
}
