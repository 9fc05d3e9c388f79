using System.Globalization;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Programs;

namespace AkkaLb.ClientNode.Commands;

/// <summary>The verb <c>state</c>: how every balancer stands, and its view of the registry and of the workers.</summary>
internal static class StateCommand
{
    /// <param name="every">Between two times that it is told; null: it is told once. Watching ends when it is interrupted.</param>
    /// <returns>Exit code: <see cref="ExitCode.JobsFailed"/> when a balancer did not answer.</returns>
    public static Task<int> RunAsync(ClientSession session, bool isJson, TimeSpan? every = null) => BalancerReports.TellAsync(
        session, every, reports =>
        {
            if (isJson)
            {
                JsonOutput.Write(new { balancers = reports.Answered.Select(r => r.ToJson()), silent = reports.Silent.Select(a => a.ToString()) });
            }
            else
            {
                reports.Answered.ForEach(Print);
            }
        });

    private static void Print(BalancerReport report)
    {
        var (b, w) = (report.Balancer, report.Watcher);
        var proof = w.ProofAge is { } age ? HumanUnits.Time(age) : "never";
        var problem = w.LastProblem.Length == 0 ? "" : $" last-problem=\"{w.LastProblem}\"";
        Console.Out.WriteLine($"balancer {b.Id} {report.Address} decides={(report.StandsBy ? "no" : "yes")} {Summary(b)}");
        Console.Out.WriteLine(
            Invariant($"watcher {w.Registry} {(w.IsConnected ? "connected" : "disconnected")} members={w.MemberCount} revision={w.Revision} ")
            + Invariant($"proof-age={proof} resyncs={w.Resyncs} disconnects={w.Disconnects}{problem}"));
        PrintMembers(b);
        foreach (var (name, service) in report.Services)
        {
            Console.Out.WriteLine($"service {name} {Summary(service)}");
            PrintMembers(service);
        }
    }

    private static void PrintMembers(BalancerState state)
    {
        foreach (var line in WorkerTable.Lines(state.Members))
        {
            Console.Out.WriteLine(line);
        }
    }

    /// <summary>One service, as text.</summary>
    internal static string Summary(BalancerState b)
    {
        var isReady = b.Rejection.Length == 0 ? "ready" : $"rejecting=\"{b.Rejection}\"";
        var waiting = b.Waiting == 0 ? "" : Invariant($" waiting={b.Waiting} longest-wait={HumanUnits.Time(b.LongestWait)}");
        return Invariant($"policy={b.Policy} members={b.MemberCount} {isReady}{waiting}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
