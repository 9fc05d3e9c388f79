using System.Globalization;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using AkkaLb.Watching;

namespace AkkaLb.Core.Clusters;

/// <summary>Where a question to a cluster of balancers goes: to the one that decides, or back at once while nobody is known to decide.</summary>
/// <remarks>It asks at an interval who decides. The singleton proxy, which it asks through, drops what comes while nobody is found, and knows nothing
/// of a balancer that is frozen: so an answer is believed for a while only, and as long as nobody has answered lately it rejects at once.</remarks>
/// <param name="id">The balancer's name in the registry, for its state only.</param>
/// <param name="policy">Its policy, for its state only.</param>
public sealed class FrontCore(string id, string policy) : IMachine<FrontEffect>
{
    /// <summary>Time between two questions who decides.</summary>
    public static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>How long an answer is believed.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromMilliseconds(1500);

    /// <summary>Why a balancer that stands by rejects requests, in the words of its state.</summary>
    public const string NobodyDecides = "no balancer of the cluster decides at the moment: one is about to take over, or etcd cannot be reached";

    private readonly DecidingLink _link = new(SilenceMax);
    private string _decider = "";
    private bool _isLocal;
    private bool _isStopping;

    /// <inheritdoc/>
    public TimeSpan? NextDue { get; private set; }

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<FrontEffect> outbox)
    {
        switch (input)
        {
            case Assign m:
                OnAssign(m, now, outbox);
                break;
            case MemoryReport or Watched<Member>.Known or Watched<OverrideSight>.Known:
                if (_isLocal)
                {
                    outbox.Add(new FrontEffect.ToLocal(input));
                }

                break;
            case Tick:
                AskIfDue(now, outbox);
                break;
            case FrontInput.Decided m:
                if (_link.Heard(m.Term, now))
                {
                    _decider = m.Where;
                    Note(NoteLevel.Info, $"{m.Where} decides, term {m.Term}", outbox);
                }

                break;
            case WorkerUnreachable or Finished:
                PassOn((IAkkaLbMessage)input, outbox);
                break;
            case GetBalancerState m:
                outbox.Add(_isLocal ? new FrontEffect.ToLocal(m) : new FrontEffect.Answer(StandBy(m, now)));
                break;
            case GetDecisions m:
                outbox.Add(_isLocal ? new FrontEffect.ToLocal(m) : new FrontEffect.Answer(new Decisions(id, [], [], 0)));
                break;
            case FrontInput.LocalDecides:
                _isLocal = true;
                break;
            case FrontInput.LocalEnded:
                _isLocal = false;
                _link.Lost();
                Note(NoteLevel.Info, "this balancer no longer decides", outbox);
                break;
            case FrontInput.Stop:
                _isStopping = true;
                break;
            case FrontInput.Start:
                NextDue = now;
                break;
            default:
                throw Inputs.Unknown(input, "a balancer's front");
        }
    }

    private void AskIfDue(TimeSpan now, List<FrontEffect> outbox)
    {
        if (now < NextDue)
        {
            return;
        }

        NextDue = now + AskEvery;
        outbox.Add(new FrontEffect.AskWho());
        if (!_isStopping && _link.Missed(now) is { } missed)
        {
            var seconds = missed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
            Note(NoteLevel.Warning, $"no balancer of the cluster has decided for {seconds} s: none of them reaches etcd, or somebody else holds the "
                + "lease that says who decides", outbox);
        }
    }

    private void OnAssign(Assign m, TimeSpan now, List<FrontEffect> outbox)
    {
        if (m.Finished is { Picks.Count: > 0 } finished && (_isStopping || !(_isLocal || _link.IsKnown(now))))
        {
            // The question goes nowhere. What rides on it may still get to the one that decides.
            PassOn(finished, outbox);
        }

        if (_isLocal && !_isStopping)
        {
            outbox.Add(new FrontEffect.ToLocal(m));
            return;
        }

        // The one that decides may be of a version that takes one question at a time.
        outbox.AddRange((m.AheadSince > 0 ? [m] : m.Each()).Select(single => Elsewhere(single, now)));
    }

    private FrontEffect Elsewhere(Assign m, TimeSpan now) =>
        _isStopping ? new FrontEffect.Answer(new AssignRejected(
            m.RequestId, AssignRejectReason.Stopping, "the balancer is shutting down", TimeSpan.FromMilliseconds(500)))
        : _link.IsKnown(now) ? new FrontEffect.ToDecider(m)
        : new FrontEffect.Answer(new AssignRejected(m.RequestId, AssignRejectReason.NotReady, NobodyDecides, DecidingRight.RetryAfter));

    private void PassOn(IAkkaLbMessage m, List<FrontEffect> outbox) =>
        outbox.Add(_isLocal ? new FrontEffect.ToLocal(m) : new FrontEffect.ToDecider(m));

    /// <summary>Of a balancer that stands by; who wants to know of the workers asks the deciding one.</summary>
    private BalancerState StandBy(GetBalancerState m, TimeSpan now)
    {
        var rejection = _link.IsKnown(now) ? $"stands by: {_decider} decides" : NobodyDecides;
        return new BalancerState(id, policy, rejection, 0, 0, m.From, []);
    }

    private static void Note(NoteLevel level, string text, List<FrontEffect> outbox) => outbox.Add(new FrontEffect.Note(text, level));
}
