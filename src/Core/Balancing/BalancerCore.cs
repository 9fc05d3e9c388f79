using AkkaLb.Core.Machines;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;

namespace AkkaLb.Core.Balancing;

/// <summary>Everything a balancer decides and answers.</summary>
/// <remarks>Independent, it decides beside others. In a cluster it answers only while it holds the right under which it came to be.</remarks>
/// <param name="id">Its name in the registry, for its state only.</param>
/// <param name="pool">Used by this balancer alone.</param>
/// <param name="right">To decide.</param>
/// <param name="answerBytesMax">How much room an answer has.</param>
public sealed class BalancerCore(string id, WorkerPool pool, DecidingRight right, int answerBytesMax) : IMachine<BalancerEffect>
{
    private const int SourceLengthMax = 100;
    private const int SeenLengthMax = 300;

    /// <summary>What a page of the state says beside its members: an id, a policy, one of our own sentences and some numbers.</summary>
    private const int HeadBytesMax = 1000;

    private readonly List<Candidate> _picked = [];
    private readonly long _term = right.Term;
    private readonly RareLines _unreachable = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 100);
    private long _revision;

    /// <summary>The workers, and who of them may get a job.</summary>
    public WorkerPool Pool => pool;

    /// <summary>The workers as it knows them.</summary>
    public WorkerTable Table => pool.Table;

    /// <inheritdoc/>
    public TimeSpan? NextDue => pool.NextDue;

    /// <summary>Whether this very instance may answer at this moment: the right is held, and still under the term in which it came to be.</summary>
    private bool Decides => right.Term == _term && right.IsHeld;

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<BalancerEffect> outbox)
    {
        switch (input)
        {
            case Assign m:
                outbox.Add(new BalancerEffect.Answer(Answer(m, now)));
                break;
            case Finished m:
                pool.Finish(m, now);
                break;
            case MemoryReport m:
                OnReport(m, now, outbox);
                break;
            case Watched<Member>.Known m:
                OnKnown(m, now, outbox);
                break;
            case BalancerInput.Unreachable m:
                OnUnreachable(m, now, outbox);
                break;
            case GetBalancerState m:
                outbox.Add(new BalancerEffect.Answer(Describe(m, now)));
                break;
            case WhoDecides:
                if (Decides)
                {
                    outbox.Add(new BalancerEffect.Answer(new Decides(_term)));
                }

                break;
            case BalancerInput.Stop:
                pool.Stop();
                break;
            case Tick:
                pool.Tick(now);
                break;
            default:
                throw Inputs.Unknown(input, "a balancer");
        }
    }

    private IAkkaLbMessage Answer(Assign m, TimeSpan now)
    {
        if (!Decides)
        {
            return new AssignRejected(m.RequestId, AssignRejectReason.NotReady, DecidingRight.NotHeld, DecidingRight.RetryAfter);
        }

        if (pool.Assign(m, _picked, now, answerBytesMax) is { } no)
        {
            return new AssignRejected(m.RequestId, no.Reason, no.Sentence, no.RetryAfter);
        }

        var workers = new AssignedWorker[_picked.Count];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = _picked[i].Named;
        }

        return new Assigned(m.RequestId, workers, pool.PolicyName, _term, _revision, TakesFinished: true);
    }

    private void OnReport(MemoryReport m, TimeSpan now, List<BalancerEffect> outbox)
    {
        var outcome = pool.Report(m, now);
        if (outcome != ReportOutcome.Applied)
        {
            outbox.Add(new BalancerEffect.ReportIgnored(m, outcome));
        }
    }

    private void OnKnown(Watched<Member>.Known m, TimeSpan now, List<BalancerEffect> outbox)
    {
        var isFirst = !Table.IsKnown;
        var news = pool.Apply(m, now);
        if (!Table.IsKnown)
        {
            return;
        }

        _revision = m.Revision;
        if (!isFirst)
        {
            outbox.AddRange(news.Select(one => new BalancerEffect.Note(one.Text, one.IsTrouble ? NoteLevel.Warning : NoteLevel.Info)));
            return;
        }

        var unable = m.All.Count(member => member.Worker.Reason.Length > 0);
        var count = Table.MemberCount == 1 ? "1 worker is registered" : $"{Table.MemberCount} workers are registered";
        var more = unable == 0 ? "" : $", {unable} of them cannot do jobs at the moment";
        Note(count + more, isTrouble: false, outbox);
    }

    private void OnUnreachable(BalancerInput.Unreachable m, TimeSpan now, List<BalancerEffect> outbox)
    {
        var source = OneLine.Of(m.From, SourceLengthMax);
        var (worker, seen) = (m.Message.Worker, OneLine.Of(m.Message.Seen, SeenLengthMax));
        if (_unreachable.Say(source, $"{source} cannot reach worker {worker.Id} (incarnation {worker.Incarnation}): {seen}", now) is { } said)
        {
            Note(said, isTrouble: true, outbox);
        }
    }

    private BalancerState Describe(GetBalancerState m, TimeSpan now)
    {
        var page = Table.Page(m.From, m.Count);
        var members = new List<MemberState>(page.Length);
        var bytes = 0;
        foreach (var c in page)
        {
            var worker = c.Member.Worker;
            var member = new MemberState(c.Key, worker.State, pool.IsEligible(c, now), c.IsFresh(now) ? c.ResidentBytes : null, worker.Reason);
            bytes += member.BytesMax;
            if (members.Count > 0 && bytes > answerBytesMax - HeadBytesMax)
            {
                break;
            }

            members.Add(member);
        }

        return new BalancerState(
            id, pool.PolicyName, Decides ? pool.WhyRejecting(now)?.Sentence ?? "" : DecidingRight.NotHeld, Table.Version, Table.MemberCount,
            m.From, members);
    }

    private static void Note(string text, bool isTrouble, List<BalancerEffect> outbox) =>
        outbox.Add(new BalancerEffect.Note(text, isTrouble ? NoteLevel.Warning : NoteLevel.Info));
}
