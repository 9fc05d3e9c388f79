namespace AkkaLb.Bench.Load;

/// <summary>What the command line asks for.</summary>
/// <param name="Starts">How often each program is started.</param>
/// <param name="Kills">How often a worker is killed.</param>
/// <param name="ChurnMembers">With how many members the cost of their coming and going is measured.</param>
/// <param name="Only">start, kill or churn; null: all of them.</param>
/// <param name="Programs">Where the programs lie that are started; null: beside this one.</param>
internal sealed record Options(int Starts, int Kills, IReadOnlyList<int> ChurnMembers, string? Only, string? Programs)
{
    public const string Usage =
        """
        dotnet run -c Release --project bench/Load -- [--quick] [--only start|kill|churn] [--programs FOLDER]

          --quick             2 starts, 2 kills, 1,000 members: shows that it runs, too short to quote
          --only PART         one part alone
          --programs FOLDER   start: the programs in this folder, as scripts/publish makes it, and not those that were built

        How fast assignments and jobs are is another command: bench/Speed.
        """;

    /// <summary>Null, when it is not understood.</summary>
    public static Options? Parse(string[] args)
    {
        var options = new Options(5, 20, [10_000, 20_000], null, null);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    options = options with { Starts = 2, Kills = 2, ChurnMembers = [1_000] };
                    break;
                case "--only" when ++i < args.Length && args[i] is "start" or "kill" or "churn":
                    options = options with { Only = args[i] };
                    break;
                case "--programs" when ++i < args.Length && Directory.Exists(args[i]):
                    options = options with { Programs = Path.GetFullPath(args[i]) };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }

    public bool Wants(string part) => Only is null || Only == part;
}
