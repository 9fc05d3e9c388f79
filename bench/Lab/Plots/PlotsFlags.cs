using System.CommandLine;
using AkkaLb.Bench.Lab.Work;
using AkkaLb.ClientNode.Commands;
using AkkaLb.Core.Policies;
using AkkaLb.Programs;

namespace AkkaLb.Bench.Lab.Plots;

/// <summary>The command line of <c>plots</c>.</summary>
internal sealed class PlotsFlags
{
    private readonly Option<string?> _output = CommonFlags.Make("--output", "FOLDER", "where to write (docs/policies of the repository)");
    private readonly Option<string?> _jobs = CommonFlags.Make("--jobs", "N", "jobs in each run (60000)");
    private readonly Option<string?> _seed = CommonFlags.Make("--seed", "K", "the same seed gives the same files (1)");
    private readonly Option<string?> _policy = CommonFlags.Make("--policy", "NAME[,NAME...]", $"policies, of {Policy.Names} (all)");

    public PlotsFlags() => Command = new Command("plots", "Make every table and picture of docs/policies again.") { _output, _jobs, _seed, _policy };

    public Command Command { get; }

    public Func<CancellationToken, int> Read(FlagValues given)
    {
        var jobs = (int)(given.Whole(_jobs, 1000, Trace.RowsMax) ?? 60_000);
        var seed = given.Whole(_seed, 0, long.MaxValue) ?? 1;
        var names = PolicyNames.Read(given, _policy);
        var output = given.Text(_output) ?? RepositoryFolder(given);
        return stop => PlotsCommand.Run(output, new PlotPlan(jobs, seed, names), stop);
    }

    private string RepositoryFolder(FlagValues given)
    {
        for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AkkaLb.sln")))
            {
                return Path.Combine(folder.FullName, "docs", "policies");
            }
        }

        given.Refuse($"{_output.Name} is needed outside of the repository");
        return "";
    }
}
