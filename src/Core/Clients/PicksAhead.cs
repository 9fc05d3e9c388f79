using System.Diagnostics.CodeAnalysis;
using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Clients;

/// <summary>Picks of one service that a client has got ahead of the jobs: a job that finds one goes to its worker without a question.</summary>
/// <remarks>
/// By Little's law there are rate x round trip jobs on the way between their submission and the answer to their question. The client keeps at most
/// twice as many picks, and none where there is less than a quarter of a job: the question takes a small part of the time between two jobs then. A
/// client that pauses is one whose jobs are far apart. One question ahead is out at a time, and jobs that come meanwhile wait for its answer, as
/// many as it asks for picks. A pick that is not used within <see cref="KeptMax"/> is given back, so a client that has paused holds none. The
/// balancer has bounds of its own, see <see cref="Balancing.OpenPicks"/>.
/// </remarks>
/// <param name="countMax">The most that are kept: 0 to <see cref="Assign.AheadMax"/>. 0: none is.</param>
internal sealed class PicksAhead(int countMax)
{
    /// <summary>A pick is as good as what the balancer knew when it gave it.</summary>
    public static readonly TimeSpan KeptMax = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest time for which a refusal counts.</summary>
    public static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    /// <summary>Picks that are kept for each job that is on the way between its submission and the answer to its question.</summary>
    private const double Share = 2;

    /// <summary>Weight of the newest in the mean times: one in eight.</summary>
    private const int TimeWeight = 8;

    private readonly Queue<Pick> _picks = new();
    private TimeSpan _meanGap = KeptMax;
    private TimeSpan _meanRoundTrip;
    private TimeSpan _cameAt;
    private TimeSpan _askedAt;
    private TimeSpan _answerDue;
    private int _bound;
    private TimeSpan _boundUntil;
    private long _revision;

    /// <summary>How many are at hand.</summary>
    public int Count => _picks.Count;

    /// <summary>The question that is out: the number of its first pick; 0: none is out.</summary>
    public long Asked { get; private set; }

    /// <summary>For how many picks it asks.</summary>
    public int AskedCount { get; private set; }

    /// <summary>Nothing is at hand, and no question is out.</summary>
    public bool IsEmpty => Count == 0 && Asked == 0;

    /// <summary>When <see cref="IsUnanswered"/> or <see cref="TryTakeOld"/> has something; null: not before something happens.</summary>
    public TimeSpan? NextDue => Times.Sooner(
        _picks.TryPeek(out var oldest) ? oldest.GivenAt + KeptMax : null,
        Asked == 0 ? null : _answerDue);

    /// <summary>How many are to be at hand.</summary>
    private int Goal(TimeSpan now)
    {
        // Picks beyond that would be too old before a job comes for them.
        var time = _meanRoundTrip * Share < KeptMax ? _meanRoundTrip * Share : KeptMax;
        var sinceLast = now - _cameAt;
        var jobs = sinceLast >= KeptMax ? 0 : time / (sinceLast > _meanGap ? sinceLast : _meanGap);
        var goal = jobs < 0.5 ? 0 : (int)Math.Ceiling(Math.Min(jobs, countMax));
        return Math.Min(goal, now < _boundUntil ? Math.Min(_bound, countMax) : countMax);
    }

    /// <summary>A job was submitted that could use one.</summary>
    public void Came(TimeSpan now)
    {
        var gap = now - _cameAt;
        _cameAt = now;
        _meanGap += ((gap < KeptMax ? gap : KeptMax) - _meanGap) / TimeWeight;
        if (_meanGap < TimeSpan.FromMicroseconds(1))
        {
            _meanGap = TimeSpan.FromMicroseconds(1);
        }
    }

    /// <summary>A question to the balancer, ahead or not, was answered at once.</summary>
    public void Took(TimeSpan roundTrip) => _meanRoundTrip += (roundTrip - _meanRoundTrip) / TimeWeight;

    /// <summary>For how many to ask now; 0: not now. It asks again when fewer are left than jobs come before the answer.</summary>
    public int Wanted(TimeSpan now)
    {
        if (Asked != 0)
        {
            return 0;
        }

        var goal = Goal(now);
        return Count < goal / Share ? goal - Count : 0;
    }

    /// <summary>A question for so many goes out.</summary>
    /// <param name="due">When its answer is no longer waited for.</param>
    public void Ask(long first, int count, TimeSpan now, TimeSpan due) => (Asked, AskedCount, _askedAt, _answerDue) = (first, count, now, due);

    /// <summary>The question has an answer. Who got less than was asked for does not ask for more for a while.</summary>
    /// <param name="given">How many it names.</param>
    /// <param name="boundFor">For how long, but not longer than <see cref="PauseMax"/>.</param>
    public void Answered(int given, TimeSpan boundFor, TimeSpan now)
    {
        Took(now - _askedAt);
        if (given < AskedCount)
        {
            (_bound, _boundUntil) = (Count + given, now + (boundFor < PauseMax ? boundFor : PauseMax));
        }

        Asked = 0;
    }

    /// <summary>Whether what is at hand was given under this revision of the registry, of which an answer tells.</summary>
    public bool IsOf(long revision)
    {
        var isSame = Count == 0 || _revision == revision;
        _revision = revision;
        return isSame;
    }

    /// <summary>Jobs wait for a place: there is nothing to be had ahead for a while.</summary>
    public void Pause(TimeSpan now) => (_bound, _boundUntil) = (0, now + PauseMax);

    /// <summary>Nobody waits for an answer to the question any more.</summary>
    public void Unask() => Asked = 0;

    /// <summary>The question has been out for too long.</summary>
    public bool IsUnanswered(TimeSpan now) => Asked != 0 && now >= _answerDue;

    /// <summary>A pick has come.</summary>
    public void Add(long number, AssignedWorker worker, TimeSpan now) => _picks.Enqueue(new Pick(number, worker, now));

    /// <summary>The number of the oldest that is at hand; what comes next where none is.</summary>
    /// <param name="next">The number of the next pick that is asked for.</param>
    public long Since(long next) => _picks.TryPeek(out var oldest) ? oldest.Number : next;

    /// <summary>The oldest one, for a job or to be given back.</summary>
    public bool TryTake([MaybeNullWhen(false)] out Pick pick) => _picks.TryDequeue(out pick);

    /// <summary>One that has been kept for too long, to be given back.</summary>
    public bool TryTakeOld(TimeSpan now, [MaybeNullWhen(false)] out Pick pick)
    {
        pick = null;
        return _picks.TryPeek(out var oldest) && now >= oldest.GivenAt + KeptMax && _picks.TryDequeue(out pick);
    }

    /// <summary>A pick that no job has used.</summary>
    /// <param name="Number">As the balancer knows it.</param>
    public sealed record Pick(long Number, AssignedWorker Worker, TimeSpan GivenAt);
}
