using System.Globalization;

namespace AkkaLb.Bench.Load;

/// <summary>What the command line asks for.</summary>
/// <param name="Slice">How long each side is measured at a time before it is the other's turn.</param>
/// <param name="WarmUp">How long both sides run before anything counts: tiered JIT continues for about 10 s.</param>
/// <param name="Rounds">How often each side gets its slice.</param>
/// <param name="Starts">How often each program is started.</param>
/// <param name="Kills">How often a worker is killed.</param>
/// <param name="ChurnMembers">With how many members the cost of their coming and going is measured.</param>
/// <param name="Only">assign, job, start, kill or churn; null: all of them.</param>
internal sealed record Options(TimeSpan Slice, TimeSpan WarmUp, int Rounds, int Starts, int Kills, IReadOnlyList<int> ChurnMembers, string? Only)
{
    public const string Usage =
        """
        dotnet run -c Release --project bench/Load -- [--seconds N] [--rounds N] [--quick] [--only assign|job|start|kill|churn]

          --seconds N   seconds of each slice (0.5); short ones share the same disturbances
          --rounds N    slices of each side and each number in flight, alternating (21)
          --quick       slices of 0.25 s, 5 rounds, a warm-up of 3 s, 2 starts, 2 kills, 1,000 members: shows that it runs, too short to quote
          --only PART   one part alone
        """;

    /// <summary>Null, when it is not understood.</summary>
    public static Options? Parse(string[] args)
    {
        var options = new Options(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(10), 21, 5, 20, [10_000, 20_000], null);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    options = options with { Slice = TimeSpan.FromSeconds(0.25), WarmUp = TimeSpan.FromSeconds(3), Rounds = 5, Starts = 2, Kills = 2,
                        ChurnMembers = [1_000] };
                    break;
                case "--seconds" when ++i < args.Length && double.TryParse(args[i], CultureInfo.InvariantCulture, out var seconds)
                    && seconds is > 0 and <= 3600:
                    options = options with { Slice = TimeSpan.FromSeconds(seconds) };
                    break;
                case "--rounds" when ++i < args.Length && int.TryParse(args[i], CultureInfo.InvariantCulture, out var rounds)
                    && rounds is > 0 and <= 1000:
                    options = options with { Rounds = rounds };
                    break;
                case "--only" when ++i < args.Length && args[i] is "assign" or "job" or "start" or "kill" or "churn":
                    options = options with { Only = args[i] };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }

    public bool Wants(string part) => Only is null || Only == part;
}
