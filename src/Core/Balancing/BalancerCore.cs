using AkkaLb.Endpoints;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;
using static AkkaLb.Core.Machines.Times;

namespace AkkaLb.Core.Balancing;

/// <summary>Everything a balancer decides and answers.</summary>
/// <remarks>Each service has a <see cref="ServiceCore"/> of its own: nothing that happens to one concerns another. A service that no rule names comes
/// with its first worker and goes with its last one. Independent, a balancer decides beside others. In a cluster it answers only while it holds the
/// right under which it came to be.</remarks>
public sealed class BalancerCore : IMachine<BalancerEffect>
{
    private const int SourceLengthMax = 100;
    private const int SeenLengthMax = 300;

    /// <summary>Of what a page of decisions says beside them.</summary>
    private const int DecisionsHeadBytes = 500;

    /// <summary>Of a request that waits: numbers, the name of its service and one of our own sentences.</summary>
    private const int HeldBytesMax = 300;

    private readonly string _id;
    private readonly ServiceRules _rules;
    private readonly Random _random;
    private readonly DecidingRight _right;
    private readonly int _answerBytesMax;
    private readonly Func<int, TimeSpan>? _rebuildPause;
    private readonly long _term;
    private readonly TicketNumbers _tickets = new();
    private readonly EarlyReports _early;
    private readonly WorkerOverrides _wanted = new();
    private readonly DecisionLog _decisions = new();
    private readonly RareLines _unreachable = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 100);
    private readonly RareLines _tooMany = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 10);

    /// <summary>By name; in the order in which they came, so that nothing depends on a hash.</summary>
    private readonly Dictionary<string, ServiceCore> _byName = new(StringComparer.Ordinal);
    private readonly List<ServiceCore> _services = [];

    /// <summary>Answers for services that nobody serves: it never has workers.</summary>
    private readonly ServiceCore _nobody;
    private bool _isStopping;

    /// <summary>There may be workers whose services found no room.</summary>
    private bool _isAnyLeftOut;

    /// <summary>What the registry told last.</summary>
    private Watched<Member>.Known? _latest;

    /// <param name="id">Its name in the registry, for its state only.</param>
    /// <param name="rules">How each service is balanced.</param>
    /// <param name="random">Of the policies; used by this balancer alone.</param>
    /// <param name="right">To decide.</param>
    /// <param name="answerBytesMax">How much room an answer has.</param>
    /// <param name="rebuildPause">By the number of a service's members; null: <see cref="WorkerPool.RebuildPause"/>.</param>
    public BalancerCore(
        string id, ServiceRules rules, Random random, DecidingRight right, int answerBytesMax, Func<int, TimeSpan>? rebuildPause = null)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(right);
        (_id, _rules, _random, _right, _answerBytesMax, _rebuildPause) = (id, rules, random, right, answerBytesMax, rebuildPause);
        _term = right.Term;
        _early = new EarlyReports(rules.Default.Limits);
        Default = Add(WorkerService.Default);
        foreach (var (name, _) in rules.Named)
        {
            Add(name);
        }

        _nobody = New("");
    }

    /// <inheritdoc/>
    public TimeSpan? NextDue
    {
        get
        {
            var due = Default.NextDue;
            for (var i = 1; i < _services.Count; i++)
            {
                due = Sooner(due, _services[i].NextDue);
            }

            return due;
        }
    }

    /// <summary>The service of workers that name none.</summary>
    public ServiceCore Default { get; }

    /// <summary>All of them, in the order in which they came.</summary>
    public IReadOnlyList<ServiceCore> Services => _services;

    /// <summary>The service of a worker; null: it has none here.</summary>
    public ServiceCore? ServiceOf(string workerId) => Find(WorkerIds.ServiceOf(workerId));

    /// <summary>Whether there are workers of this service, or rules for it.</summary>
    public bool Serves(string service) => Find(service) is not null;

    /// <summary>Jobs in flight that were estimated minus those that the worker told, at its last word; null: it is not registered.</summary>
    public double? DriftOf(WorkerKey worker) => FindWorker(worker.Id) is { } found && found.Key == worker ? found.Jobs.Drift : null;

    /// <summary>The worker of this id; null: none is registered.</summary>
    public Candidate? FindWorker(string id) => ServiceOf(id)?.Table.Find(id);

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<BalancerEffect> outbox)
    {
        switch (input)
        {
            case Assign m:
                OnAssign(m, now, outbox);
                break;
            case Finished m:
                OnFinished(m, null, now, outbox);
                break;
            case MemoryReport m:
                (ServiceOf(m.Worker.Id) ?? _nobody).Handle(m, now, outbox);
                break;
            case Watched<Member>.Known m:
                OnKnown(m, now, outbox);
                break;
            case Watched<OverrideSight>.Known m:
                ToAll(new BalancerInput.Overridden(_wanted.Apply(m)), now, outbox);
                break;
            case BalancerInput.Unreachable m:
                OnUnreachable(m, now, outbox);
                break;
            case GetBalancerState m:
                outbox.Add(new BalancerEffect.Answer((Find(m.Service) ?? _nobody).Describe(m, [.. _services.Select(s => s.Name)], now)));
                break;
            case GetDecisions m:
                outbox.Add(new BalancerEffect.Answer(Explain(m, now)));
                break;
            case WhoDecides:
                if (Default.Decides)
                {
                    outbox.Add(new BalancerEffect.Answer(new Decides(_term)));
                }

                break;
            case BalancerInput.Measure:
                outbox.Add(new BalancerEffect.Measured(new BalancerFigures(Default.Decides, [.. _services.Select(s => s.Measure(now))])));
                break;
            case BalancerInput.ConnectionLost:
                ToAll(input, now, outbox);
                break;
            case BalancerInput.Stop:
                _isStopping = true;
                _nobody.Handle(input, now, outbox);
                ToAll(input, now, outbox);
                break;
            case Tick:
                ToAll(input, now, outbox);
                RemoveIdle();
                TakeIn(now, outbox);
                break;
            default:
                throw Inputs.Unknown(input, "a balancer");
        }
    }

    private Decisions Explain(GetDecisions m, TimeSpan now)
    {
        var bytes = DecisionsHeadBytes;
        var waiting = new List<HeldRequest>();
        foreach (var held in _services.SelectMany(service => service.Held(m, now)).OrderByDescending(held => held.Since).Take(m.Count))
        {
            bytes += HeldBytesMax;
            if (bytes > _answerBytesMax / 2)
            {
                break;
            }

            waiting.Add(held);
        }

        // The latest count.
        var made = _decisions.Read(m, m.Count, now);
        var first = made.Count;
        while (first > 0 && (bytes += made[first - 1].BytesMax) <= _answerBytesMax)
        {
            first--;
        }

        return new Decisions(_id, made[first..], waiting, DecisionLog.KeptMax);
    }

    private void OnAssign(Assign m, TimeSpan now, List<BalancerEffect> outbox)
    {
        var service = Find(m.Service) ?? _nobody;
        if (m.Finished is { } finished)
        {
            OnFinished(finished, service, now, outbox);
        }

        service.Handle(m, now, outbox);
    }

    /// <summary>A client numbers its picks through all services.</summary>
    /// <param name="but">This one hears of it with what it rides on; null: none.</param>
    private void OnFinished(Finished m, ServiceCore? but, TimeSpan now, List<BalancerEffect> outbox)
    {
        foreach (var service in _services)
        {
            if (service != but)
            {
                service.Handle(m, now, outbox);
            }
        }
    }

    private void OnKnown(Watched<Member>.Known m, TimeSpan now, List<BalancerEffect> outbox)
    {
        var wasKnown = Default.Table.IsKnown;
        if (!wasKnown && m.Changes is not null)
        {
            // Of a change alone nobody knows what else there is. The whole is under way, with this change in it.
            return;
        }

        var whole = m.Changes is null ? m.All.ToLookup(member => WorkerIds.ServiceOf(member.Worker.Id), StringComparer.Ordinal) : null;
        var changes = m.Changes?.ToLookup(change => WorkerIds.ServiceOf(change.Id), StringComparer.Ordinal);
        RemoveIdle();
        if (whole is not null || !_isAnyLeftOut || _services.Count >= ServiceRules.CountMax)
        {
            AddNew(whole?.Select(group => group.Key) ?? changes!.Where(group => group.Any(c => c.Item is not null)).Select(group => group.Key),
                wasKnown, now, outbox);
        }

        foreach (var service in (IReadOnlyList<ServiceCore>)[.. _services, _nobody])
        {
            service.Handle(
                whole is not null
                    ? m with { All = [.. whole[service.Name]] }
                    : m with { All = [], Changes = [.. changes![service.Name]] },
                now, outbox);
        }

        _latest = m;
        RemoveIdle();
        TakeIn(now, outbox);
        if (!wasKnown)
        {
            SayKnown(m.All, outbox);
        }
    }

    /// <summary>Where there is room now, services come that found none before, with all their workers.</summary>
    private void TakeIn(TimeSpan now, List<BalancerEffect> outbox)
    {
        if (!_isAnyLeftOut || _services.Count >= ServiceRules.CountMax)
        {
            return;
        }

        _isAnyLeftOut = false;
        var all = _latest!.All.ToLookup(member => WorkerIds.ServiceOf(member.Worker.Id), StringComparer.Ordinal);
        foreach (var service in AddNew(all.Select(group => group.Key), isKnown: true, now, outbox))
        {
            service.Handle(_latest with { All = [.. all[service.Name]], Changes = null }, now, outbox);
        }
    }

    /// <returns>Those that came.</returns>
    private List<ServiceCore> AddNew(IEnumerable<string> names, bool isKnown, TimeSpan now, List<BalancerEffect> outbox)
    {
        var added = new List<ServiceCore>();
        foreach (var name in names.Where(name => !_byName.ContainsKey(name)))
        {
            var tooMany = $"the workers of the service {name} are left out: this balancer serves {ServiceRules.CountMax} services already";
            if (_services.Count < ServiceRules.CountMax)
            {
                var service = Add(name);
                added.Add(service);
                if (isKnown)
                {
                    // It was known to have nobody.
                    service.Handle(new Watched<Member>.Known(0, []), now, outbox);
                }
            }
            else
            {
                _isAnyLeftOut = true;
                if (_tooMany.Say(name, tooMany, now) is { } said)
                {
                    outbox.Add(new BalancerEffect.Note(said, NoteLevel.Warning));
                }
            }
        }

        return added;
    }

    private void RemoveIdle() =>
        _services.RemoveAll(service => service.IsIdle && IsUnnamed(service.Name) && _byName.Remove(service.Name));

    private static void SayKnown(IReadOnlyCollection<Member> all, List<BalancerEffect> outbox)
    {
        var unable = all.Count(member => member.Worker.Reason.Length > 0);
        var count = all.Count == 1 ? "1 worker is registered" : $"{all.Count} workers are registered";
        var more = unable == 0 ? "" : $", {unable} of them cannot do jobs at the moment";
        outbox.Add(new BalancerEffect.Note(count + more, NoteLevel.Info));
    }

    private void OnUnreachable(BalancerInput.Unreachable m, TimeSpan now, List<BalancerEffect> outbox)
    {
        var source = OneLine.Of(m.From, SourceLengthMax);
        var (worker, seen) = (m.Message.Worker, OneLine.Of(m.Message.Seen, SeenLengthMax));
        if (_unreachable.Say(source, $"{source} cannot reach worker {worker.Id} (incarnation {worker.Incarnation}): {seen}", now) is { } said)
        {
            outbox.Add(new BalancerEffect.Note(said, NoteLevel.Warning));
        }
    }

    private void ToAll(object input, TimeSpan now, List<BalancerEffect> outbox)
    {
        foreach (var service in _services)
        {
            service.Handle(input, now, outbox);
        }
    }

    private ServiceCore? Find(string service) => service == WorkerService.Default ? Default : _byName.GetValueOrDefault(service);

    private bool IsUnnamed(string service) => service != WorkerService.Default && _rules.Named.All(named => named.Key != service);

    private ServiceCore Add(string name)
    {
        var service = New(name);
        _byName.Add(name, service);
        _services.Add(service);
        return service;
    }

    private ServiceCore New(string name)
    {
        var rule = _rules.Of(name);
        var pool = new WorkerPool(
            new WorkerTable(rule.Limits, _early, _wanted), rule.Policy, new Random(_random.Next()), _rebuildPause, name, _decisions);
        if (_isStopping)
        {
            pool.Stop();
        }

        return new ServiceCore(_id, pool, _right, _term, _answerBytesMax, name, _tickets);
    }
}
