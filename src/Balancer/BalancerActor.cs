using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Messages;

namespace AkkaLb.Balancer;

/// <summary>The balancer: holds one policy, its state and the memory table, and answers <see cref="Assign"/> and
/// <see cref="GetBalancerState"/>.</summary>
/// <remarks>Shell of a <see cref="BalancerCore"/>. Learns from <see cref="EtcdWatcherActor"/> who is alive, and from the workers'
/// <see cref="MemoryReport"/>s how much memory they use. Independent, it stands at <c>/user/balancer</c>; in a cluster it is the singleton, hears
/// through the <see cref="BalancerFront"/> of its process, and answers only while it holds the deciding lease under which it came to be.</remarks>
public sealed class BalancerActor : ReceiveActor
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "balancer";

    private const int SourceLengthMax = 100;
    private const int SeenLengthMax = 300;

    /// <summary>What a page of the state says beside its members: an id, a policy, one of our own sentences and some numbers.</summary>
    private const int HeadBytesMax = 1000;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly string _id;
    private readonly BalancerCore _balancer;
    private readonly List<Candidate> _picked = [];
    private readonly DecidingRight _right;
    private readonly IActorRef? _front;
    private readonly long _term;
    private readonly RareLines _unreachable = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 100);
    private readonly int _bytesMax = Payloads.DataBytesMax(Payloads.FrameBytesMax(Context.System));
    private long _revision;

    public BalancerActor(string id, IPickPolicy policy, BalancerLimits limits, DecidingRight right, IActorRef? front)
    {
        _id = id;
        _balancer = new BalancerCore(policy, limits);
        (_right, _front, _term) = (right, front, right.Term);
        Serving();
    }

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <summary>A balancer that decides beside others, if there are any.</summary>
    /// <param name="id">Its name in the registry, for its state only.</param>
    public static Props Props(string id, IPickPolicy policy, BalancerLimits limits) =>
        Akka.Actor.Props.Create(() => new BalancerActor(id, policy, limits, DecidingRight.Always, null));

    /// <summary>A balancer that decides alone, as long as it has the right to.</summary>
    /// <param name="front">Of its process; it passes on workers and reports.</param>
    public static Props Props(string id, IPickPolicy policy, BalancerLimits limits, DecidingRight right, IActorRef front) =>
        Akka.Actor.Props.Create(() => new BalancerActor(id, policy, limits, right, front));

    protected override void PreStart() => _front?.Tell(DecidingHere.Instance);

    /// <summary>A crash is a bug, but not one that should leave a balancer without members for ever.</summary>
    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        Context.ActorSelection($"/user/{EtcdWatcherActor.ActorName}").Tell(GetWorkersSnapshot.Instance);
    }

    private void Serving()
    {
        Receive<Assign>(OnAssign);
        Receive<MemoryReport>(OnReport);
        Receive<WorkersSnapshot>(OnSnapshot);
        Receive<WorkersChanged>(OnChanged);
        Receive<WorkerUnreachable>(OnUnreachable);
        Receive<GetBalancerState>(m => Sender.Tell(Describe(m)));
        Receive<StopAssigning>(_ =>
        {
            _balancer.Stop();
            Sender.Tell(Stopped.Instance);
        });
        Receive<WhoDecides>(_ =>
        {
            if (Decides)
            {
                Sender.Tell(new Decides(_term));
            }
        });
        Receive<StopDeciding>(_ =>
        {
            // What is in the mailbox already is answered before this actor ends; its manager waits for the end and hands over.
            _balancer.Stop();
            Self.Tell(PoisonPill.Instance);
        });
    }

    /// <summary>Whether this very instance may answer at this moment: the lease is held, and still under the term in which it came to be.</summary>
    private bool Decides => _right.Term == _term && _right.IsHeld;

    private void OnAssign(Assign m)
    {
        if (!Decides)
        {
            Sender.Tell(new AssignRejected(m.RequestId, AssignRejectReason.NotReady, DecidingRight.NotHeld, DecidingRight.RetryAfter));
            return;
        }

        if (_balancer.Assign(m.Count, m.LeaveOut, _picked, Now, _bytesMax) is { } no)
        {
            Sender.Tell(new AssignRejected(m.RequestId, no.Reason, no.Sentence, no.RetryAfter));
            return;
        }

        var workers = new AssignedWorker[_picked.Count];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = _picked[i].Named;
        }

        Sender.Tell(new Assigned(m.RequestId, workers, _balancer.PolicyName, _term, _revision));
    }

    private void OnReport(MemoryReport m)
    {
        var outcome = _balancer.Report(new MemorySample(m.Worker, m.Sequence, m.Heartbeat, m.ResidentBytes), Now);
        if (outcome != ReportOutcome.Applied && _log.IsDebugEnabled)
        {
            _log.Debug("memory report {0} of {1} (incarnation {2}): {3}", m.Sequence, m.Worker.Id, m.Worker.Incarnation, outcome);
        }
    }

    private void OnSnapshot(WorkersSnapshot m)
    {
        _balancer.ApplySnapshot(m.Members, Now);
        _revision = m.Revision;
        var unable = m.Members.Count(member => member.Worker.Reason.Length > 0);
        _log.Info(
            "{0}{1}",
            _balancer.MemberCount == 1 ? "1 worker is registered" : $"{_balancer.MemberCount} workers are registered",
            unable == 0 ? "" : $", {unable} of them cannot do jobs at the moment");
    }

    private void OnChanged(WorkersChanged m)
    {
        Tell(m.Changes);
        _balancer.ApplyChanges(m.Changes, Now);
        _revision = m.Revision;
    }

    /// <summary>Says what is about to change. One batch may change a worker twice.</summary>
    private void Tell(IReadOnlyList<MemberChange> changes)
    {
        var changed = new Dictionary<string, WorkerRecord?>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            var (id, now) = change is MemberChange.Put put
                ? (put.Member.Worker.Id, put.Member.Worker)
                : (((MemberChange.Removed)change).WorkerId, null);
            var before = changed.TryGetValue(id, out var known) ? known : _balancer.Find(id)?.Member.Worker;
            changed[id] = now;
            var news = MemberNews.Of(before, change);
            _log.Log(news.IsTrouble ? LogLevel.WarningLevel : LogLevel.InfoLevel, null, "{0}", news.Text);
        }
    }

    /// <summary>Sender and text are as a client, or a stranger, wrote them.</summary>
    private void OnUnreachable(WorkerUnreachable m)
    {
        var source = OneLine.Of(Sender.Path.Address.ToString(), SourceLengthMax);
        var line = $"{source} cannot reach worker {m.Worker.Id} (incarnation {m.Worker.Incarnation}): {OneLine.Of(m.Seen, SeenLengthMax)}";
        if (_unreachable.Say(source, line, Now) is { } said)
        {
            _log.Warning("{0}", said);
        }
    }

    private BalancerState Describe(GetBalancerState m)
    {
        var now = Now;
        var page = _balancer.Page(m.From, m.Count);
        var members = new List<MemberState>(page.Length);
        var bytes = 0;
        foreach (var c in page)
        {
            var worker = c.Member.Worker;
            var member = new MemberState(c.Key, worker.State, _balancer.IsEligible(c, now), c.IsFresh(now) ? c.ResidentBytes : null, worker.Reason);
            bytes += member.BytesMax;
            if (members.Count > 0 && bytes > _bytesMax - HeadBytesMax)
            {
                break;
            }

            members.Add(member);
        }

        return new BalancerState(
            _id, _balancer.PolicyName, Decides ? _balancer.WhyRejecting(now)?.Sentence ?? "" : DecidingRight.NotHeld, _balancer.Version,
            _balancer.MemberCount, m.From, members);
    }
}
