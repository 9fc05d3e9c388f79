using System.Globalization;

namespace AkkaLb.Bench.Etcd;

/// <summary>What the command line asks for.</summary>
/// <param name="Kills">How many workers are killed for each lease TTL.</param>
/// <param name="Fleet">How many workers hold leases of their own.</param>
/// <param name="Members">How many members the large table has.</param>
/// <param name="Changes">How many changes the watch latency is taken from.</param>
/// <param name="Only">kill, fleet or members; null: all of them.</param>
internal sealed record Options(int Kills, int Fleet, int Members, int Changes, TimeSpan Reporting, string? Only)
{
    public const string Usage =
        """
        dotnet run -c Release --project bench/Etcd -- [--quick] [--only kill|fleet|members]

          kill      from kill -9 of a worker to its last assignment and its removal, beside etcd's own DELETE; leases of 2 s and 5 s, 20 kills each
          fleet     1,000 workers under leases: time to the complete member table, latency of the watch
          members   10,000 members: memory of the balancer, latency of the watch, CPU of 10,000 and 40,000 reports a second
          --quick   2 kills each, 100 workers, 1,000 members: shows that it runs, too small to quote
          --only PART   one part alone

        dotnet run -c Release --project bench/Etcd -- outages [--count 300] [--connections 100] [--workers 3]

          A soak: etcd is away so many times, refusing, hanging up or silent. Prints how long connections, watches, workers and the
          balancer took at most to be back; exit code 1 when one of them took longer than 10 s. 300 outages take about 15 minutes.
        """;

    /// <summary>Null, when it is not understood.</summary>
    public static Options? Parse(string[] args)
    {
        var options = new Options(20, 1000, 10_000, 2000, TimeSpan.FromSeconds(10), null);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    options = options with { Kills = 2, Fleet = 100, Members = 1000, Changes = 200, Reporting = TimeSpan.FromSeconds(3) };
                    break;
                case "--only" when ++i < args.Length && args[i] is "kill" or "fleet" or "members":
                    options = options with { Only = args[i] };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }

    public bool Wants(string part) => Only is null || Only == part;

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
