using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clusters;
using AkkaLb.Core.Leases;
using AkkaLb.Core.Policies;
using AkkaLb.Simulation.Checks;
using AkkaLb.Simulation.World;
using AkkaLb.Watching;

namespace AkkaLb.Simulation.Nodes;

/// <summary>A balancer: its watcher, its table and policy, its front in a cluster, and the embedded registry, if it has it, are the real
/// ones.</summary>
/// <remarks>Of a cluster Akka's part is modelled: every balancer asks etcd for the deciding lease, who holds it has the one that decides, and who
/// asks for that one gets to it.</remarks>
internal sealed partial class BalancerProcess(Run run, int number, string name, string host) : Process(run, number, name, host), IChecked
{
    public const string BalancerPath = "/user/balancer";
    public const string RegistryPath = "/user/akkalb-registry";

    /// <summary>A key that begins so names a worker: nobody else is named for it.</summary>
    public const string OnlyKey = "only at ";

    /// <summary>Of the balancer that decides in a cluster.</summary>
    private const string DecidingPath = "/user/deciding";

    private static readonly TimeSpan DecidingTtl = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ContendEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan EntryTtl = TimeSpan.FromSeconds(5);

    /// <summary>So few that they are met.</summary>
    private static readonly BalancerLimits Limits = new(
        TimeSpan.FromSeconds(5), EarlyReportsMax: 2, WaitMax: TimeSpan.FromSeconds(8), WaitingMax: 4)
    {
        SlowStart = TimeSpan.FromSeconds(3), OutlierJobsMin = 3, FailureShareMax = 0.3,
    };

    /// <summary>Who is registered, as this balancer has been told: by id.</summary>
    private readonly SortedDictionary<string, WorkerRecord> _told = new(StringComparer.Ordinal);

    /// <summary>Reports that ran ahead of their registration, as the rule would have them kept.</summary>
    private readonly SortedDictionary<string, (WorkerKey Worker, TimeSpan At)> _early = new(StringComparer.Ordinal);

    private BalancerCore _balancerCore = null!;
    private WatcherCore _watcherCore = null!;
    private Driver<BalancerEffect> _balancer = null!;
    private Driver<WatcherEffect> _watcher = null!;
    private LeaseTable? _leases;
    private Driver<RegistryEffect>? _registry;
    private WatchModel? _watch;
    private bool _isEmbeddedWatchOpen;
    private TimeSpan _entryKeptAt = TimeSpan.MinValue;
    private (string Address, string ReplyTo) _asker;
    private Driver<FrontEffect>? _front;
    private long _term;
    private TimeSpan _heldUntil;
    private bool _isContending;
    private Assign? _assign;

    /// <summary>Who asked what waits, and what it is.</summary>
    private readonly SortedDictionary<long, ((string Address, string ReplyTo) Asker, Assign Request)> _held = [];

    /// <summary>Its entry stands in etcd: it keeps it up, or has until a moment ago.</summary>
    public bool IsListed => !IsLeaving && _entryKeptAt > TimeSpan.MinValue && Run.Clockwork.Now - _entryKeptAt < EntryTtl;

    /// <summary>Null: the registry is etcd.</summary>
    public IReadOnlyCollection<Member>? EmbeddedMembers => Run.Scenario.Registry == "embedded" ? _leases?.Members ?? [] : null;

    /// <summary>In a cluster: the one that decides is here.</summary>
    public bool IsDeciding => _term != 0;

    /// <summary>In a cluster: when it began to decide.</summary>
    public TimeSpan DecidesSince { get; private set; }

    /// <summary>In a cluster: it may answer at this moment, as far as it knows.</summary>
    public bool HoldsTheRight => IsUp && _term != 0 && Now < _heldUntil;

    private IEnumerable<Candidate> Candidates => _balancerCore.Services.SelectMany(s => s.Table.Page(0, int.MaxValue).ToArray());

    /// <summary>Whether its policy may name this worker now.</summary>
    public bool CanName(WorkerKey worker) =>
        _balancerCore.ServiceOf(worker.Id) is { } service && service.Table.Find(worker.Id) is { } candidate && candidate.Key == worker
            && service.Pool.IsEligible(candidate, Now);

    public override void Leave()
    {
        if (!IsLeaving)
        {
            IsLeaving = true;
            if (_front is { } front)
            {
                // The one that decides serves the other fronts until it hands over.
                front.Step(new FrontInput.Stop());
            }
            else
            {
                _balancer.Step(new BalancerInput.Stop());
            }

            After(TimeSpan.FromMilliseconds(500), () =>
            {
                Run.Etcd.ReleaseDeciding(this);
                Exit();
            });
        }
    }

    public override void OnConnectionLost(string address, string seen)
    {
        var clients = _held.Values.Where(held => held.Asker.Address == address).Select(held => held.Request.Finished!.Client).Distinct().ToList();
        if (clients.Count > 0)
        {
            Run.Marks.Reach(Mark.ConnectionOfAHeldRequestLost);
            _balancer.Step(new BalancerInput.ConnectionLost(clients));
        }
    }

    public override void Receive(string from, string replyTo, string target, object message)
    {
        _asker = (from, replyTo);
        switch (message)
        {
            case Identify question:
                Reply(new Identity(question.IsGate, question.Number, IsThere: true));
                break;
            case Register or KeepAlive or UpdateRegistration or Deregister:
                _registry?.Step(message);
                break;
            case Decides m:
                _front?.Step(new FrontInput.Decided(m.Term, from));
                break;
            case Forwarded m when IsDeciding:
                _asker = (m.Address, m.ReplyTo);
                Serve(m.Message);
                break;
            case WhoDecides when IsDeciding:
                Serve(message);
                break;
            case Forwarded or WhoDecides:
                break;
            default:
                if (_front is { } front)
                {
                    front.Step(message);
                }
                else
                {
                    Serve(message);
                }

                break;
        }
    }

    /// <summary>The balancer itself gets it.</summary>
    private void Serve(object message)
    {
        switch (message)
        {
            case Assign m:
                _assign = m;
                if (m.Key is { } key && key.StartsWith(OnlyKey, StringComparison.Ordinal))
                {
                    NameOnly(m, key[OnlyKey.Length..]);
                }
                else
                {
                    _balancer.Step(m);
                }

                break;
            case MemoryReport m:
                MarkReport(m);
                _balancer.Step(m);
                break;
            case WorkerUnreachable m:
                _balancer.Step(new BalancerInput.Unreachable(_asker.Address, m));
                break;
            case Watched<Member>.Known known:
                Remember(known);
                _balancer.Step(message);
                CheckEarlyReports();
                break;
            default:
                _balancer.Step(message);
                break;
        }
    }

    public void Check()
    {
        CheckReports();
        if (IsUp && !IsFrozen && (Run.Etcd.Reaches(this) || !Run.Etcd.IsUp))
        {
            _entryKeptAt = Run.Clockwork.Now;
        }
    }

    public IEnumerable<string> Waits()
    {
        if (!IsUp || IsLeaving)
        {
            yield return $"{Name} is not up";
            yield break;
        }

        if (_front is not null && !IsDeciding)
        {
            if (!Run.Balancers.Any(other => other.HoldsTheRight))
            {
                yield return $"{Name} stands by, and nobody decides";
            }

            yield break;
        }

        var table = Candidates.Select(
            c => (c.Member.Worker.Id, c.Member.Worker.Incarnation, c.Member.Worker.State));
        var registry = Run.Members.Select(m => (m.Worker.Id, m.Worker.Incarnation, m.Worker.State));
        if (!table.Order().SequenceEqual(registry.Order()))
        {
            yield return $"the table of {Name} ({string.Join(" ", table)}) is not what the registry holds ({string.Join(" ", registry)})";
        }

        if (_balancerCore.Services.Sum(s => s.Pool.OpenPickCount) is > 0 and var open && Run.Jobs.All.All(job => job.Outcome is not null))
        {
            yield return $"{Name} takes {open} picks for open, though all jobs have ended";
        }

        foreach (var service in _balancerCore.Services)
        {
            if (service.Pool.WhyRejecting(Now) is { } no)
            {
                yield return $"{Name} rejects jobs of {service.Name}: {no.Sentence}";
            }
        }
    }

    protected override void OnStart()
    {
        (_term, _heldUntil, _isContending) = (0, default, false);
        BeginBalancing(DecidingRight.Always);
        _front = Run.Scenario.IsSingleton ? new Driver<FrontEffect>(this, new FrontCore(Name, Run.Scenario.Policy), Perform) : null;
        _watcherCore = new WatcherCore(
            isInProcess: Run.Scenario.Registry == "embedded", new RestartPause(WatcherCore.ReopenAfter, WatcherCore.RestartPauseMax));
        _watcher = new Driver<WatcherEffect>(this, _watcherCore, Perform);
        (_leases, _registry, _watch, _isEmbeddedWatchOpen) = (null, null, null, false);
        if (Run.Scenario.Registry == "embedded")
        {
            _leases = new LeaseTable(() => 1 + Random.NextInt64(long.MaxValue - 1));
            _registry = new Driver<RegistryEffect>(this, _leases, Perform);
        }

        _watcher.Step(new WatcherInput.Start());
        if (_front is not null)
        {
            _front.Step(new FrontInput.Start());
            Contend();
        }

        Check();
    }

    private void BeginBalancing(DecidingRight right)
    {
        _told.Clear();
        _early.Clear();
        _held.Clear();
        _balancerCore = new BalancerCore(
            Name,
            Run.Scenario.RulesWith(Plants.In(Limits, Run.Planted)),
            new Random(Random.Next()),
            right,
            answerBytesMax: 100_000);
        _balancer = new Driver<BalancerEffect>(this, Plants.In(_balancerCore, Run.Planted), Perform);
    }

    protected override void OnEnd() => _watch?.Stop();

    private void Perform(WatcherEffect effect)
    {
        switch (effect)
        {
            case WatcherEffect.OpenWatch:
                Open();
                break;
            case WatcherEffect.ToBalancer e:
                Locally(() => MembersTold(e.Message));
                break;
            case WatcherEffect.Answer e:
                Locally(() => MembersTold(e.Message));
                break;
            case WatcherEffect.Note e:
                Told(e.Text);
                break;
        }
    }

    private void MembersTold(object message)
    {
        if (_front is { } front)
        {
            front.Step(message);
        }
        else
        {
            Serve(message);
        }
    }

    private void Open()
    {
        _watch?.Stop();
        if (_leases is { } leases)
        {
            _isEmbeddedWatchOpen = true;
            Locally(() => _watcher.Step(new Watched<Member>.Known(leases.Revision, leases.Members)));
        }
        else
        {
            _watch = Run.Etcd.Watch(this, e =>
            {
                if (Run.IsTold)
                {
                    Told($"hears {Short(e)}");
                }

                _watcher.Step(e);
            });
        }
    }

    private void Perform(RegistryEffect effect)
    {
        switch (effect)
        {
            case RegistryEffect.Answer e:
                Reply(e.Message);
                break;
            case RegistryEffect.Tell e when _isEmbeddedWatchOpen:
                Locally(() => _watcher.Step(e.Known));
                break;
        }
    }

    private void Perform(BalancerEffect effect)
    {
        switch (effect)
        {
            case BalancerEffect.Hold e:
                Run.Marks.Reach(Mark.RequestHeld);
                _held.Add(e.Ticket, (_asker, _assign!));
                break;
            case BalancerEffect.SayHeld e:
                _asker = _held[e.Ticket].Asker;
                Reply(e.Message);
                break;
            case BalancerEffect.AnswerHeld e:
                (_asker, _assign) = _held[e.Ticket];
                _held.Remove(e.Ticket);
                if (e.Message is Assigned && _held.Any(other => other.Key < e.Ticket && other.Value.Request.Service == _assign.Service
                    && other.Value.Request.Priority < _assign.Priority))
                {
                    Run.Marks.Reach(Mark.HigherPriorityOvertook);
                }

                Run.Marks.Reach(e.Message is Assigned ? Mark.HeldRequestAssigned : Mark.HeldRequestRejected);
                Perform(new BalancerEffect.Answer(e.Message));
                break;
            case BalancerEffect.Forget e:
                Run.Marks.Reach(Mark.HeldRequestForgotten);
                _held.Remove(e.Ticket);
                break;
            case BalancerEffect.Answer { Message: Assigned assigned }:
                CheckAssigned(assigned);
                CheckRight(assigned);
                Reply(assigned);
                break;
            case BalancerEffect.Answer { Message: AssignRejected rejected }:
                Run.Marks.Reach(rejected.Reason switch
                {
                    AssignRejectReason.NoWorkers => Mark.RejectedNoWorkers,
                    AssignRejectReason.NoMemoryReports => Mark.RejectedNoMemoryReports,
                    AssignRejectReason.AllExcluded => Mark.RejectedAllExcluded,
                    AssignRejectReason.NotReady => Mark.RejectedNotReady,
                    AssignRejectReason.Stopping => Mark.RejectedStopping,
                    AssignRejectReason.NoCapacity => Mark.RejectedNoCapacity,
                });
                Reply(rejected);
                break;
            case BalancerEffect.Answer e:
                Reply(e.Message);
                break;
            case BalancerEffect.Note e:
                if (e.Text.Contains(" gets no jobs for ", StringComparison.Ordinal))
                {
                    Run.Marks.Reach(Mark.WorkerEjected);
                }

                Told(e.Text);
                break;
        }
    }

    /// <summary>For the jobs by which the world finds out whether each client gets to each worker: whoever the policy would name.</summary>
    private void NameOnly(Assign m, string id)
    {
        // Whether its jobs have failed, or its memory is full, is no matter here.
        if (_balancerCore.FindWorker(id) is { Member.Worker.State: WorkerState.Up } candidate && !m.LeaveOut.Contains(candidate.Key))
        {
            Reply(new Assigned(m.RequestId, [candidate.Named], Run.Scenario.Policy));
        }
        else
        {
            Reply(new AssignRejected(m.RequestId, AssignRejectReason.AllExcluded, $"{id} cannot be named", TimeSpan.FromMilliseconds(100)));
        }
    }

    private static string Short(Watched<Member> e) => e switch
    {
        Watched<Member>.Known { Changes: null } read => $"of all {read.All.Count} members at revision {read.Revision}",
        Watched<Member>.Known told => $"of revision {told.Revision}: "
            + string.Join(", ", told.Changes.Select(change => $"{change.Id} {change.Item?.Worker.State.ToString() ?? "gone"}")),
        _ => e.GetType().Name,
    };

    private void Reply(object message) => Run.Network.Send(this, _asker.Address, _asker.ReplyTo, message, BalancerPath);

    private void Told(string line)
    {
        if (line.EndsWith("until they have had time to register again", StringComparison.Ordinal))
        {
            Run.Marks.Reach(Mark.MembersKeptThoughTheRegistryLostThem);
        }

        if (Run.IsTold)
        {
            Run.Tell($"{Name}: {line}");
        }
    }
}
