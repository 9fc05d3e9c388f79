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

    /// <summary>Puts the cursor of a terminal at its beginning and clears it.</summary>
    private const string Clear = "\u001b[H\u001b[2J";

    /// <param name="every">Between two times that it is told; null: it is told once. Watching ends when it is interrupted.</param>
    /// <returns>Exit code: <see cref="ExitCode.JobsFailed"/> when a balancer did not answer.</returns>
    public static async Task<int> RunAsync(ClientSession session, bool isJson, TimeSpan? every = null)
    {
        if (every is not { } pause)
        {
            return await TellAsync(session, isJson, before: "").ConfigureAwait(false);
        }

        var before = Console.IsOutputRedirected ? "" : Clear;
        using var timer = new PeriodicTimer(pause, TimeProvider.System);
        try
        {
            do
            {
                try
                {
                    await TellAsync(session, isJson, before).ConfigureAwait(false);
                }
                catch (ProgramException e)
                {
                    // It is watched until it is back.
                    await Console.Error.WriteLineAsync(OneLine.Of(e.Message)).ConfigureAwait(false);
                }
            }
            while (await timer.WaitForNextTickAsync(session.Interrupted).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (session.Interrupted.IsCancellationRequested)
        {
        }

        return ExitCode.Ok;
    }

    private static async Task<int> TellAsync(ClientSession session, bool isJson, string before)
    {
        try
        {
            var addresses = await session.Balancers.ReadOnceAsync(session.Interrupted).ConfigureAwait(false);
            var answers = await Task.WhenAll(addresses.Select(a => AskAsync(session, a))).ConfigureAwait(false);
            var reports = answers.Where(a => a.Report is not null).Select(a => a.Report!).ToList();
            var silent = answers.Where(a => a.Report is null).Select(a => a.Address).ToList();
            Console.Out.Write(before);
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
