using System.Globalization;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Watching;

namespace AkkaLb.ClientNode.Commands;

/// <summary>The verbs <c>workers</c>, <c>services</c>, <c>balancers</c> and <c>top</c>: tables of what all balancers say.</summary>
internal static class ListCommands
{
    /// <summary>So many orders for workers that are not there are shown to people; --json has all.</summary>
    private const int AbsentMax = 50;

    private static readonly TextColumn<BalancerReport>[] BalancerColumns =
    [
        new("balancer", r => r.Balancer.Id),
        new("address", r => NodeAddressText(r)),
        new("decides", r => r.StandsBy ? "no" : "yes"),
        new("answers", r => r.Balancer.Rejection.Length == 0 ? "yes" : $"no: {OneLine.Of(r.Balancer.Rejection)}"),
        new("registry", r => r.Watcher.Registry + (r.Watcher.IsConnected ? "" : " (away)")),
        new("revision", r => Number(r.Watcher.Revision)),
        new("proof", r => r.Watcher.ProofAge is { } age ? HumanUnits.Time(age) : TextTable.Unknown),
        new("workers", r => Number(r.Watcher.MemberCount)),
        new("last problem", r => OneLine.Of(r.Watcher.LastProblem)),
    ];

    private static readonly TextColumn<ServiceRow>[] ServiceColumns =
    [
        new("service", s => s.Name),
        new("balancer", s => s.Report.Balancer.Id),
        new("policy", s => s.State.Policy),
        new("workers", s => Number(s.State.MemberCount)),
        new("take jobs", s => Number(s.State.Members.Count(m => m.IsEligible))),
        new("in flight", s => s.State.Members.Sum(m => m.InFlight).ToString("0.#", CultureInfo.InvariantCulture)),
        new("waiting", s => Number(s.State.Waiting)),
        new("longest wait", s => s.State.Waiting > 0 ? HumanUnits.Time(s.State.LongestWait) : ""),
        new("answers", s => s.State.Rejection.Length == 0 ? "yes" : $"no: {OneLine.Of(s.State.Rejection)}"),
    ];

    private static readonly TextColumn<WorkerOverride>[] AbsentColumns =
    [
        new("not registered", o => o.WorkerId),
        new("order", o => o.Describe()),
    ];

    /// <summary>As the balancer sees them that knows the most; and orders for workers that are not there.</summary>
    public static async Task<int> WorkersAsync(ClientSession session, bool isJson, TimeSpan? every)
    {
        IReadOnlyList<WorkerOverride> orders = [];
        return await BalancerReports.TellAsync(
            session, every,
            async () => orders = await OrdersAsync(session).ConfigureAwait(false),
            reports =>
            {
                var members = reports.Fullest is { } report ? report.Members.ToList() : [];
                var there = members.Select(m => m.Worker.Id).ToHashSet(StringComparer.Ordinal);
                var absent = orders.Where(o => !there.Contains(o.WorkerId)).ToList();
                if (isJson)
                {
                    JsonOutput.Write(new
                    {
                        workers = BalancerReportJson.ToJson(members),
                        absent = absent.Select(o => new
                        {
                            worker = o.WorkerId, state = AdminStates.NameOf(o.State), o.WeightPercent, o.By, o.At, o.Because,
                        }),
                    });
                    return;
                }

                if (members.Count == 0)
                {
                    Console.Error.WriteLine("no worker is registered");
                }

                Write(WorkerTable.Lines(members));
                Write(TextTable.Lines(AbsentColumns, [.. absent.Take(AbsentMax)]));
                if (absent.Count > AbsentMax)
                {
                    Console.Out.WriteLine(string.Create(
                        CultureInfo.InvariantCulture, $"... and {absent.Count - AbsentMax} more orders for workers that are not registered"));
                }
            }).ConfigureAwait(false);
    }

    /// <summary>As each balancer sees them.</summary>
    public static Task<int> ServicesAsync(ClientSession session, bool isJson, TimeSpan? every) => BalancerReports.TellAsync(
        session, every, reports =>
        {
            var rows = ServicesOf(reports);
            if (isJson)
            {
                JsonOutput.Write(rows.Select(s => new
                {
                    service = s.Name, balancer = s.Report.Balancer.Id, s.State.Policy, workers = s.State.MemberCount,
                    eligible = s.State.Members.Count(m => m.IsEligible), inFlight = s.State.Members.Sum(m => m.InFlight), s.State.Waiting,
                    longestWaitMs = s.State.LongestWait.TotalMilliseconds, s.State.OpenPicks, s.State.Rejection,
                }));
                return;
            }

            Write(TextTable.Lines(ServiceColumns, rows));
        });

    /// <summary>Each with its watch of the registry.</summary>
    public static Task<int> BalancersAsync(ClientSession session, bool isJson, TimeSpan? every) => BalancerReports.TellAsync(
        session, every, reports =>
        {
            if (isJson)
            {
                JsonOutput.Write(reports.Answered.Select(r => new
                {
                    r.Balancer.Id, address = r.Address.ToString(), decides = !r.StandsBy, isReady = r.Balancer.Rejection.Length == 0,
                    r.Balancer.Rejection,
                    r.Watcher.Registry, r.Watcher.IsConnected, r.Watcher.Revision, proofAgeMs = r.Watcher.ProofAge?.TotalMilliseconds,
                    workers = r.Watcher.MemberCount, r.Watcher.LastProblem,
                }));
                return;
            }

            Write(TextTable.Lines(BalancerColumns, reports.Answered));
        });

    /// <summary>All of it on one screen: the busiest workers only.</summary>
    /// <param name="rows">Workers at most.</param>
    public static Task<int> TopAsync(ClientSession session, TimeSpan every, int rows) => BalancerReports.TellAsync(
        session, every, reports =>
        {
            var members = reports.Fullest is { } report ? report.Members.ToList() : [];
            Write(TextTable.Lines(BalancerColumns, reports.Answered));
            Console.Out.WriteLine();
            Write(TextTable.Lines(ServiceColumns, ServicesOf(reports)));
            Console.Out.WriteLine();
            Write(WorkerTable.Lines([.. members.OrderByDescending(m => m.InFlight).ThenBy(m => m.Worker.Id, StringComparer.Ordinal).Take(rows)]));
            if (members.Count > rows)
            {
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"... and {members.Count - rows} more workers with fewer jobs"));
            }
        });

    private static List<ServiceRow> ServicesOf(BalancerReports reports) =>
    [
        .. from report in reports.Answered
           from service in report.AllServices
           orderby service.Key == WorkerService.Default ? "" : service.Key, report.Balancer.Id
           select new ServiceRow(service.Key, report, service.Value),
    ];

    /// <summary>Empty where the registry keeps none, or cannot say: who is there is shown all the same.</summary>
    private static async Task<IReadOnlyList<WorkerOverride>> OrdersAsync(ClientSession session)
    {
        if (session.Overrides is not { } registry)
        {
            return [];
        }

        try
        {
            return (await registry.ReadOverridesAsync(session.Interrupted).ConfigureAwait(false)).Overrides;
        }
        catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException)
        {
            await Console.Error.WriteLineAsync($"orders for workers that are not registered are not shown: {OneLine.Of(e.Message)}")
                .ConfigureAwait(false);
            return [];
        }
    }

    private static string NodeAddressText(BalancerReport report) => Registry.NodeAddress.Text(report.Address);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static void Write(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Console.Out.WriteLine(line);
        }
    }

    private sealed record ServiceRow(string Name, BalancerReport Report, BalancerState State);
}
