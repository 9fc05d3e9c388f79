using System.Globalization;
using System.Text.Json;
using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Programs;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.ClientNode.Commands;

/// <summary>The verb <c>state</c>: how every balancer stands, and its view of the registry and of the workers.</summary>
internal static class StateCommand
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <returns>Exit code: <see cref="ExitCode.JobsFailed"/> when a balancer did not answer.</returns>
    public static async Task<int> RunAsync(ClientSession session, bool isJson)
    {
        try
        {
            var addresses = await session.Balancers.ReadOnceAsync(session.Interrupted).ConfigureAwait(false);
            var answers = await Task.WhenAll(addresses.Select(a => AskAsync(session, a))).ConfigureAwait(false);
            var reports = answers.Where(a => a.Report is not null).Select(a => a.Report!).ToList();
            var silent = answers.Where(a => a.Report is null).Select(a => a.Address).ToList();
            if (isJson)
            {
                Console.Out.WriteLine(
                    JsonSerializer.Serialize(new { balancers = reports.Select(r => r.ToJson()), silent = silent.Select(a => a.ToString()) }, Json));
            }
            else
            {
                reports.ForEach(Print);
            }

            foreach (var address in silent)
            {
                await Console.Error.WriteLineAsync($"balancer {address} did not answer within {AnswerWithin.TotalSeconds} s").ConfigureAwait(false);
            }

            return silent.Count == 0 ? ExitCode.Ok : ExitCode.JobsFailed;
        }
        catch (OperationCanceledException) when (session.Interrupted.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("interrupted: nothing is told").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException)
        {
            throw new ProgramException(ExitCode.Unreachable, $"{e.Message}: check --etcd", e);
        }
    }

    private static async Task<(Address Address, BalancerReport? Report)> AskAsync(ClientSession session, Address address)
    {
        try
        {
            return (address, await session.Client.InspectAsync(address, AnswerWithin, session.Interrupted).ConfigureAwait(false));
        }
        catch (AskTimeoutException)
        {
            return (address, null);
        }
    }

    private static void Print(BalancerReport report)
    {
        var (b, w) = (report.Balancer, report.Watcher);
        var proof = w.ProofAge is { } age ? HumanUnits.Time(age) : "never";
        var problem = w.LastProblem.Length == 0 ? "" : $" last-problem=\"{w.LastProblem}\"";
        Console.Out.WriteLine($"balancer {b.Id} {report.Address} {Summary(b)}");
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
        foreach (var m in state.Members)
        {
            Console.Out.WriteLine(Line(m));
        }
    }

    /// <summary>One service, as text.</summary>
    internal static string Summary(BalancerState b)
    {
        var isReady = b.Rejection.Length == 0 ? "ready" : $"rejecting=\"{b.Rejection}\"";
        var waiting = b.Waiting == 0 ? "" : Invariant($" waiting={b.Waiting} longest-wait={HumanUnits.Time(b.LongestWait)}");
        return Invariant($"policy={b.Policy} members={b.MemberCount} {isReady}{waiting}");
    }

    /// <summary>One worker, as text.</summary>
    internal static string Line(MemberState m)
    {
        var memory = m.ResidentBytes is { } bytes ? $" memory={HumanUnits.Bytes(bytes)}" : "";
        var zone = m.Zone.Length > 0 ? $" zone={m.Zone}" : "";
        var reason = m.Reason.Length > 0 ? $" reason=\"{OneLine.Of(m.Reason, WorkerRecord.ReasonLengthMax)}\"" : "";
        var load = m.Places == 0 ? "" : Invariant($" in-flight={m.InFlight:0.#} places={m.Places} drift={m.Drift:0.#}");
        return Invariant($"worker {m.Worker.Id} {BalancerReportJson.NameOf(m.State)} {(m.IsEligible ? "eligible" : "not-eligible")} ")
            + Invariant($"incarnation={m.Worker.Incarnation}{zone}{memory}{load}{reason}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
