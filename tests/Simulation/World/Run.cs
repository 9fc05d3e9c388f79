using System.Globalization;
using AkkaLb.Core.Clients;
using AkkaLb.Core;
using AkkaLb.Simulation.Checks;
using AkkaLb.Simulation.Nodes;

namespace AkkaLb.Simulation.World;

/// <summary>One run of one scenario: trouble first, then calm, in which everything has to be in order again.</summary>
internal sealed class Run
{
    /// <summary>How long it may take, without trouble, until everything is in order again. The longest deadline is 30 s, a silence counts 12 s, and
    /// TCP repeats after as long again.</summary>
    public static readonly TimeSpan CalmMax = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeDeadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PlaceMax = TimeSpan.FromSeconds(4);

    /// <summary>After something was done to somebody, what follows may take so long.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan ProbeStep = TimeSpan.FromMilliseconds(20);
    private readonly List<string> _violations = [];
    private readonly Dictionary<string, Process> _byName = new(StringComparer.Ordinal);
    private readonly HashSet<string> _rules = [];
    private readonly Dictionary<long, string> _terms = [];
    private int _probeNumber = 1_000_000;

    private Run(Scenario scenario, Planted planted, Action<string>? tell)
    {
        (Scenario, Planted, Teller) = (scenario, planted, tell);
        Draws = new Draws(scenario.Seed);
        Spite = new Spite(Draws.For("spite"), scenario.Spite);
        Network = new Network(this);
        Etcd = new EtcdModel(this);
        var settings = Draws.For("settings");
        ClientSettings = ClientSettings.Default with
        {
            JobsMax = settings.Of([20, 200]),
            LeaveOutFor = TimeSpan.FromSeconds(settings.Of([1, 5])),
            SendsMax = settings.Of([1, 2, 5]),
            RetryBudget = new RetryBudgetSettings(settings.Of([0, 0.2]), settings.Of([0.1, 10])),
        };
        Jobs = new JobBook(this);
        for (var i = 1; i <= scenario.Balancers; i++)
        {
            Add(new BalancerProcess(this, Processes.Count, $"b{i}", $"10.0.1.{i}"));
        }

        for (var i = 1; i <= scenario.Workers; i++)
        {
            // An act names it without its service.
            var worker = new WorkerProcess(this, Processes.Count, WorkerIds.Of(scenario.ServiceOf(i), $"w{i}"), $"10.0.2.{i}");
            Add(worker);
            _byName[$"w{i}"] = worker;
        }

        for (var i = 1; i <= scenario.Clients; i++)
        {
            Add(new ClientProcess(this, Processes.Count, $"c{i}", $"10.0.3.{i}"));
        }
    }

    public Scenario Scenario { get; }

    /// <summary>A bug on purpose; none normally.</summary>
    public Planted Planted { get; }

    public Draws Draws { get; }

    public Clockwork Clockwork { get; } = new();

    public Spite Spite { get; }

    public Network Network { get; }

    public EtcdModel Etcd { get; }

    /// <summary>Of all clients; small enough that bounds are met.</summary>
    public ClientSettings ClientSettings { get; }

    public JobBook Jobs { get; }

    public Marks Marks { get; } = new();

    public List<Process> Processes { get; } = [];

    public IEnumerable<BalancerProcess> Balancers => Processes.OfType<BalancerProcess>();

    public IEnumerable<WorkerProcess> Workers => Processes.OfType<WorkerProcess>();

    public IEnumerable<ClientProcess> Clients => Processes.OfType<ClientProcess>();

    /// <summary>Who is in the registry, whichever it is.</summary>
    public IReadOnlyCollection<Core.Member> Members => Balancers.First().EmbeddedMembers ?? Etcd.Members;

    private Action<string>? Teller { get; }

    private TimeSpan EtcdDisturbedAt { get; set; } = TimeSpan.MinValue;

    /// <summary>A world without anybody, to try the network or the registry alone; see <see cref="Add"/>.</summary>
    public static Run Empty(long seed) => new(
        new Scenario
        {
            Seed = seed,
            Policy = Core.Policies.Policy.PickFirst,
            Registry = "etcd",
            Balancers = 0,
            Workers = 0,
            Clients = 0,
            Capacity = 1,
            Instances = 1,
            FindsBalancers = false,
            Spite = SpitePoints.None,
            Trouble = TimeSpan.Zero,
            Acts = [],
        },
        Planted.Nothing,
        tell: null);

    public static RunResult Of(Scenario scenario, Planted planted = Planted.Nothing, Action<string>? tell = null)
    {
        var run = new Run(scenario, planted, tell);
        try
        {
            run.Play();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            run.Violate("no-exception",
                $"{e.GetType().Name}: {e.Message} {e.StackTrace?.Split('\n').FirstOrDefault(l => l.Contains("AkkaLb"))?.Trim()}");
        }

        return new RunResult(scenario, run._violations, run.Marks, run.Clockwork.Events, run.Clockwork.Now, run.Clockwork.TraceHash);
    }

    /// <summary>False: another one has answered under this term.</summary>
    public bool OwnerOf(long term, string who) => _terms.TryAdd(term, who) || _terms[term] == who;

    /// <summary>A rule is broken. The first of each kind is told.</summary>
    public void Violate(string rule, string sentence)
    {
        if (_rules.Add(rule))
        {
            _violations.Add($"{rule}: {sentence} (at {Clockwork.Now.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture)} s)");
            Tell($"VIOLATION {rule}: {sentence}");
        }
    }

    public bool IsTold => Teller is not null;

    /// <summary>A line for whoever reads a failure.</summary>
    public void Tell(string line) =>
        Teller?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{Clockwork.Now.TotalMilliseconds,10:0.000} {line}"));

    /// <summary>The balancers that can be found: by the list, or those whose entry stands.</summary>
    public IReadOnlyList<string> BalancerAddresses() => Scenario.FindsBalancers
        ? [.. Balancers.Where(b => b.IsListed).Select(b => b.Address)]
        : [.. Balancers.Select(b => b.Address)];

    public void Add(Process process)
    {
        Processes.Add(process);
        _byName.Add(process.Name, process);
        Network.Add(process);
    }

    private void Play()
    {
        var starts = Draws.For("starts");
        foreach (var process in Processes)
        {
            // The balancer first, as the manual says.
            Clockwork.At(process is BalancerProcess ? TimeSpan.Zero : starts.Upto(TimeSpan.FromMilliseconds(300)), process.Start);
        }

        Etcd.Run();
        foreach (var act in Scenario.Acts.Where(a => a.At < Scenario.Trouble))
        {
            Clockwork.At(act.At, () => Do(act));
        }

        while (Clockwork.Now < Scenario.Trouble)
        {
            Clockwork.RunUntil(Clockwork.Now + CheckEvery);
            Processes.ForEach(p => (p as IChecked)?.Check());
            CheckPlaces();
        }

        Calm();
    }

    /// <summary>Nobody waits for a place while a worker that everybody can reach has had nothing to do for long.</summary>
    private void CheckPlaces()
    {
        var since = Clockwork.Now - PlaceMax;
        if (EtcdDisturbedAt > since - Settle || ClientSettings.LeaveOutFor > PlaceMax)
        {
            return;
        }

        if (Workers.FirstOrDefault(w => w.IdleSince < since && IsSmooth(w)) is not { } idle
            || (Spite.Has(SpitePoints.ReportDroppedAtTheSource) && Scenario.RuleOf(idle.Service).Policy.NeedsReports))
        {
            return;
        }

        foreach (var job in Jobs.All)
        {
            if (job.Service == idle.Service && job.Outcome is null && job.SubmittedAt < since && job.PlacedUntil < since
                && job.Starts.Count == 0 && job.ToldNotStarted.Count == job.Sends
                && job.Habit is not (Habits.Unhandled or Habits.Unreadable or "ask")
                && _byName[job.Client] is ClientProcess client && IsSmooth(client)
                && client.BalancerSince < since && Network.At(client.Balancer!) is BalancerProcess asked && IsSmooth(asked)
                && (Scenario.IsSingleton ? Balancers.FirstOrDefault(b => b.HoldsTheRight && b.DecidesSince < since) : asked) is { } balancer
                && IsSmooth(balancer)
                && balancer.CanName(idle.Key) && Network.IsClear(client, idle) && Network.IsClear(client, asked) && Network.IsClear(asked, balancer))
            {
                Violate("work-finds-its-place", $"{job} waits, and {idle.Name} has had nothing to do for {PlaceMax.TotalSeconds} s");
            }
        }

        bool IsSmooth(Process process) => process is { IsUp: true, IsFrozen: false, IsLeaving: false } && process.RunsSince < since - Settle
            && process.DisturbedAt < since - Settle;
    }

    private void Do(Act act)
    {
        if (act.Kind.StartsWith("etcd", StringComparison.Ordinal) || act.Kind is "delete" or "overwrite")
        {
            EtcdDisturbedAt = Clockwork.Now;
        }

        if (IsTold)
        {
            Tell($"* {string.Join(' ', act.Words)}");
        }

        if (!Acts.Do(this, act, _byName))
        {
            throw new FormatException($"nobody knows how to do this: {act}");
        }
    }

    /// <summary>All faults end, and within a bounded time everything is in order again.</summary>
    private void Calm()
    {
        Tell("* calm");
        Etcd.Up();
        Etcd.Slow(TimeSpan.Zero);
        Network.HealAll();
        foreach (var process in Processes)
        {
            Etcd.CutOff(process, false);
            process.Thaw();
            (process as WorkerProcess)?.Mend();
            process.Start();
        }

        if (Heals("after the last fault"))
        {
            Probe();
            Heals("after a job of each client for each worker");
        }
    }

    /// <summary>Waits until nobody waits for anything; who still does after a bounded time breaks a rule.</summary>
    private bool Heals(string since)
    {
        var until = Clockwork.Now + CalmMax;
        while (Clockwork.Now < until && Waits().Any())
        {
            Clockwork.RunUntil(Clockwork.Now + CheckEvery);
            foreach (var process in Processes)
            {
                // Who has left in order meanwhile, or given up, is started again, as a service manager does.
                process.Start();
                (process as IChecked)?.Check();
            }
        }

        var waits = Waits().ToList();
        if (waits.Count > 0)
        {
            Violate("calm-heals", $"{CalmMax.TotalSeconds} s {since}: {string.Join("; ", waits.Take(5))}");
        }

        return waits.Count == 0;
    }

    /// <summary>Does every client get to every worker? A job of each for each: none may fail.</summary>
    private void Probe()
    {
        foreach (var worker in Workers)
        {
            var first = _probeNumber + 1;
            foreach (var client in Clients)
            {
                client.OnlyAt = worker.Name;
                client.Submit(++_probeNumber, isIdempotent: false, Habits.Works, 1, ProbeDeadline);
            }

            for (var until = Clockwork.Now + ProbeDeadline * 2; Jobs.Open > 0 && Clockwork.Now < until;)
            {
                Clockwork.RunUntil(Clockwork.Now + ProbeStep);
            }

            foreach (var job in Jobs.All.Where(j => j.Number >= first && j.Outcome is not JobOutcome.Done))
            {
                Violate("everybody-works-with-everybody", $"{job}, for {worker.Name}: {job.Outcome?.ToString() ?? "it has not ended"}");
            }
        }
    }

    /// <summary>Who waits for what; empty: nobody for anything.</summary>
    private IEnumerable<string> Waits() => Jobs.All.Where(j => j.Outcome is null).Select(j => $"{j} has not ended")
        .Concat(Network.HalfOpen().Select(pair => $"{pair} do not know yet that their connection is over"))
        .Concat(Processes.OfType<IChecked>().SelectMany(p => p.Waits()));
}

/// <summary>Something whose state can be looked at.</summary>
internal interface IChecked
{
    /// <summary>What must hold at every moment.</summary>
    void Check();

    /// <summary>What is not yet as it has to be when there is no trouble.</summary>
    IEnumerable<string> Waits();
}

/// <summary>What a run has shown.</summary>
/// <param name="Violations">Empty: every rule held.</param>
/// <param name="Events">How many things have happened.</param>
/// <param name="Time">Virtual.</param>
/// <param name="TraceHash">Two runs with the same were the same.</param>
internal sealed record RunResult(
    Scenario Scenario, IReadOnlyList<string> Violations, Marks Marks, long Events, TimeSpan Time, ulong TraceHash)
{
    /// <summary>The names of the rules that were broken.</summary>
    public IEnumerable<string> Rules => Violations.Select(v => v[..v.IndexOf(':', StringComparison.Ordinal)]);
}
