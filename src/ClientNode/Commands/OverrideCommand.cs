using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Programs;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.ClientNode.Commands;

/// <summary>The verbs <c>drain</c>, <c>maint</c>, <c>ready</c> and <c>weight</c>: what an operator wants of workers, kept in etcd until it is taken
/// back.</summary>
internal static class OverrideCommand
{
    /// <summary>Between two looks at a worker that is to become empty.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <param name="Workers">Ids.</param>
    /// <param name="State">Null: it stays.</param>
    /// <param name="WeightPercent">Null: it stays.</param>
    /// <param name="Because">Why, for people to read.</param>
    /// <param name="Wait">How long to wait until they are empty; null: not at all.</param>
    internal sealed record Options(
        IReadOnlyList<string> Workers, AdminState? State, int? WeightPercent, string Because, TimeSpan? Wait, bool IsJson);

    /// <returns>Exit code: <see cref="ExitCode.JobsFailed"/> when a worker is not registered, or not empty in time.</returns>
    public static async Task<int> RunAsync(ClientSession session, Options options)
    {
        var registry = session.Overrides ?? throw new ProgramException(
            ExitCode.Usage, "the embedded registry keeps no orders for workers: they need etcd (akkalb.registry = etcd)");
        try
        {
            var addresses = await BalancerReports.AddressesAsync(session).ConfigureAwait(false);
            var reports = await BalancerReports.ReadAsync(session, addresses).ConfigureAwait(false);
            if (await NameUnknownAsync(reports, options).ConfigureAwait(false))
            {
                return ExitCode.JobsFailed;
            }

            var begun = Stopwatch.GetTimestamp();
            var (wanted, strangers) = (new List<WorkerOverride>(), 0);
            foreach (var worker in options.Workers)
            {
                var (order, stood) = await ChangeAsync(registry, worker, options, session.Interrupted).ConfigureAwait(false);
                wanted.Add(order);
                if (order.IsNone && !stood && reports.AnyKnowsWorkers && !reports.Of(worker).Any())
                {
                    strangers++;
                    await Console.Error.WriteLineAsync($"no order stands for {worker}, and no worker of that name is registered")
                        .ConfigureAwait(false);
                }
                else if (!options.IsJson)
                {
                    Console.Out.WriteLine($"{worker} is {(order.IsNone ? "ready" : order.Describe())}");
                }
            }

            var left = options.Wait is { } wait ? await WaitAsync(session, addresses, options.Workers, begun, wait).ConfigureAwait(false) : null;
            if (options.IsJson)
            {
                JsonOutput.Write(wanted.Select(w => ToJson(w, left)));
            }
            else if (left is not null)
            {
                wanted.ForEach(w => Print(w, left));
            }

            return strangers > 0 || left?.Count > 0 ? ExitCode.JobsFailed : ExitCode.Ok;
        }
        catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException)
        {
            throw new ProgramException(ExitCode.Unreachable, e is RegistryRefusedException ? e.Message : $"{e.Message}: check --etcd", e);
        }
        catch (OperationCanceledException) when (session.Interrupted.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("interrupted: what was ordered before stays ordered").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }
    }

    /// <summary>Nobody is drained who does not exist: that would be found out by whoever waits for the machine. Maintenance, and the end of any
    /// order, may be for one that is away.</summary>
    private static async Task<bool> NameUnknownAsync(BalancerReports reports, Options options)
    {
        var isThereNeeded = options.State is AdminState.Drain || (options.State is null && options.WeightPercent is not null);
        var unknown = options.Workers.Where(w => !reports.Of(w).Any()).ToList();
        if (!isThereNeeded || unknown.Count == 0)
        {
            return false;
        }

        if (!reports.AnyKnowsWorkers || reports.Silent.Count > 0)
        {
            await Console.Error.WriteLineAsync(
                $"it cannot be told whether {string.Join(", ", unknown)} is registered, because not every balancer answers and decides; "
                + "it is ordered all the same").ConfigureAwait(false);
            return false;
        }

        var known = reports.Answered.SelectMany(report => report.Members).Select(m => m.Worker.Id).Distinct().Order(StringComparer.Ordinal).ToList();
        foreach (var worker in unknown)
        {
            await Console.Error.WriteLineAsync($"no worker {worker} is registered; nothing is changed").ConfigureAwait(false);
        }

        const int namedMax = 20;
        var more = known.Count > namedMax ? string.Create(CultureInfo.InvariantCulture, $" and {known.Count - namedMax} more") : "";
        await Console.Error.WriteLineAsync(
            known.Count == 0 ? "no worker is registered" : $"registered are {string.Join(", ", known.Take(namedMax))}{more}").ConfigureAwait(false);
        return true;
    }

    /// <returns>What is wanted now, and whether anything was before.</returns>
    private static async Task<(WorkerOverride Order, bool Stood)> ChangeAsync(
        IOverrideRegistry registry, string worker, Options options, CancellationToken interrupted)
    {
        var stood = false;
        var by = OneLine.Of($"{Environment.UserName}@{Environment.MachineName}", WorkerOverride.ByLengthMax);
        var order = await registry.OrderAsync(
            worker, options.State, options.WeightPercent, by, options.Because, TimeProvider.System.GetUtcNow(), interrupted,
            before => stood = before is not null).ConfigureAwait(false);
        return (order, stood);
    }

    /// <summary>A worker is empty when every balancer that answers knows of the order, has had a report of the worker's since, and counts no job
    /// there; or when no balancer has it registered any more.</summary>
    /// <param name="begun">When the order was about to be written.</param>
    /// <returns>What is left, in words, by worker; those that are empty are not among them.</returns>
    private static async Task<IReadOnlyDictionary<string, string>> WaitAsync(
        ClientSession session, IReadOnlyCollection<Address> addresses, IReadOnlyList<string> workers, long begun, TimeSpan wait)
    {
        var ordered = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(LookEvery, TimeProvider.System);
        while (true)
        {
            try
            {
                addresses = await BalancerReports.AddressesAsync(session).ConfigureAwait(false);
            }
            catch (ProgramException)
            {
                // etcd is away: the balancers that are known continue without it.
            }

            var reports = await BalancerReports.ReadAsync(session, addresses).ConfigureAwait(false);
            var left = workers.Select(w => (Worker: w, Left: DrainSight.LeftOf(w, reports, Stopwatch.GetElapsedTime(begun))))
                .Where(w => w.Left.Length > 0).ToDictionary(w => w.Worker, w => w.Left);
            if (left.Count == 0 || Stopwatch.GetElapsedTime(ordered) >= wait)
            {
                return left;
            }

            await timer.WaitForNextTickAsync(session.Interrupted).ConfigureAwait(false);
        }
    }

    private static void Print(WorkerOverride wanted, IReadOnlyDictionary<string, string> left) => Console.Out.WriteLine(
        left.TryGetValue(wanted.WorkerId, out var what) ? $"{wanted.WorkerId} is not empty: {what}" : $"{wanted.WorkerId} is empty");

    private static object ToJson(WorkerOverride wanted, IReadOnlyDictionary<string, string>? left) => new
    {
        worker = wanted.WorkerId,
        state = AdminStates.NameOf(wanted.State),
        weightPercent = wanted.WeightPercent,
        wanted.By,
        at = wanted.At,
        wanted.Because,
        isEmpty = left is null ? (bool?)null : !left.ContainsKey(wanted.WorkerId),
        left = left?.GetValueOrDefault(wanted.WorkerId),
    };
}
