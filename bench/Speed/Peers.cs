namespace AkkaLb.Bench.Speed;

/// <summary>Finds the programs of other frameworks, which are no part of the solution.</summary>
internal static class Peers
{
    /// <summary>Where the party's program should lie.</summary>
    /// <param name="folder">Where the peers are; null: where the repository has them, if this program runs in it.</param>
    public static string PathOf(Party party, string? folder) =>
        party.IsPeer && (folder ?? OfRepository("Peers")) is { } peers ? Path.GetFullPath(Path.Combine(peers, party.Assembly)) : party.Assembly;

    public static bool IsBuilt(Party party, string? folder) => !party.IsPeer || File.Exists(PathOf(party, folder));

    /// <summary>What lies below the folder of the benchmarks; null: this program does not run in the repository.</summary>
    public static string? OfRepository(params IEnumerable<string> below) => new[] { Environment.CurrentDirectory, AppContext.BaseDirectory }
        .SelectMany(AndAbove)
        .Where(d => File.Exists(Path.Combine(d.FullName, "AkkaLb.sln")))
        .Select(d => Path.Combine([d.FullName, "bench", .. below]))
        .FirstOrDefault();

    private static IEnumerable<DirectoryInfo> AndAbove(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            yield return at;
        }
    }
}
