using AkkaLb.Bench.Lab.Work;
using AkkaLb.ClientNode.Commands;
using AkkaLb.Programs;

namespace AkkaLb.Bench.Lab;

/// <summary>Runs one comparison and prints it.</summary>
internal static class RunCommand
{
    /// <param name="names">Limits and policies, in the order of the rows.</param>
    public static int Run(Setting setting, Trace? trace, IReadOnlyList<string> names, bool isJson, CancellationToken stop)
    {
        var work = new WorkloadMaker(setting, trace).Make();
        var rows = Experiment.RunAll(setting, work, names, stop);
        Console.Out.WriteLine(isJson ? ResultJson.Of(setting, work, rows).ToJsonString(ResultJson.Style) : ResultTable.Of(work, rows));
        return ExitCode.Ok;
    }
}
