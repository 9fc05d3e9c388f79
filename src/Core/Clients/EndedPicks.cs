using System.Diagnostics.CodeAnalysis;
using AkkaLb.Core.Balancing;

namespace AkkaLb.Core.Clients;

/// <summary>What a client has to tell its balancer of picks that have ended, and when.</summary>
/// <remarks>It rides on the next question, or goes alone when none comes in time: after <see cref="TellMax"/>, or a fifth of the time that jobs take
/// when that is less. Where requests wait at the balancer it goes at once: a place that is free and not known to be is lost. A client that holds
/// picks and has nothing to tell says so now and then, or its balancer would take it for gone. A balancer that does not understand it hears what
/// rides on questions, and skips it.</remarks>
/// <param name="client">The client's id.</param>
internal sealed class EndedPicks(long client)
{
    /// <summary>The longest time after which an end is told.</summary>
    public static readonly TimeSpan TellMax = TimeSpan.FromMilliseconds(20);

    /// <summary>Words that only say that the client is there lie so far apart.</summary>
    private static readonly TimeSpan WantedMin = TimeSpan.FromSeconds(1);

    /// <summary>So many ride on a question; the others wait for the next one, or for their time.</summary>
    private const int RidersMax = 100;

    /// <summary>An end is told after one in five parts of the time that jobs take.</summary>
    private const int TimeShare = 5;

    /// <summary>Weight of the newest in the mean time that jobs take: one in eight.</summary>
    private const int TimeWeight = 8;

    private readonly Queue<EndedPick> _ended = new();

    /// <summary>Picks of the present balancer that have not ended.</summary>
    private readonly HashSet<long> _open = [];
    private long _lastPick;
    private long _settled;
    private TimeSpan _settleAt;
    private TimeSpan _meanTime = TellMax * TimeShare;
    private TimeSpan _tellDue;
    private TimeSpan _saidAt;
    private bool _isTaken;
    private bool _isAtOnce;
    private bool _isWanted;

    /// <summary>The first pick that the present balancer can know.</summary>
    public long Since { get; private set; }

    /// <summary>Picks of the present balancer that have not ended.</summary>
    public int OpenCount => _open.Count;

    /// <summary>When <see cref="TryTake"/> has something; null: not before something happens.</summary>
    public TimeSpan? NextDue => !_isTaken ? null
        : _ended.Count > 0 ? _tellDue
        : _isWanted ? _saidAt + WantedMin
        : OpenCount > 0 ? _saidAt + OpenPicks.SayInterval
        : null;

    /// <summary>Another balancer is used from now on, or the same one after it was lost: it is told of no pick with a smaller number, but that they
    /// have ended.</summary>
    public void BalancerFound(long since)
    {
        (Since, _settled, _lastPick, _isTaken, _isAtOnce) = (since, since, since - 1, false, false);
        _isWanted = false;
        _ended.Clear();
        _open.Clear();
    }

    /// <summary>The balancer has answered.</summary>
    /// <param name="takesFinished">It understands <see cref="Finished"/>.</param>
    /// <param name="atOnce">It wants to hear of an end at once. One service of it that does is enough.</param>
    public void Answered(bool takesFinished, bool atOnce) => (_isTaken, _isAtOnce) = (takesFinished, _isAtOnce || atOnce);

    /// <summary>The balancer has said that a request waits there, and wants to know that the client does.</summary>
    public void Wanted() => _isWanted = true;

    /// <summary>Picks are asked for, with numbers in a row.</summary>
    /// <returns>What rides on the question.</returns>
    public Finished Asked(long first, TimeSpan now, int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            _open.Add(first + i);
        }

        _lastPick = first + count - 1;
        return Take(RidersMax, now);
    }

    /// <summary>The balancer did not give it.</summary>
    public void NotGiven(long pick) => _open.Remove(pick);

    /// <summary>A pick has ended.</summary>
    public void End(in EndedPick ended, TimeSpan now)
    {
        if (ended.How is PickEnd.Done or PickEnd.Failed)
        {
            _meanTime += (ended.Took - _meanTime) / TimeWeight;
        }

        if (ended.Pick < Since)
        {
            return;
        }

        _open.Remove(ended.Pick);
        if (_ended.Count == 0)
        {
            var share = _isAtOnce ? TimeSpan.Zero : _meanTime / TimeShare;
            _tellDue = now + (share < TellMax ? share : TellMax);
        }

        _ended.Enqueue(ended);
    }

    /// <summary>What is to be told by itself, if it is time.</summary>
    public bool TryTake(TimeSpan now, [MaybeNullWhen(false)] out Finished told)
    {
        told = NextDue <= now ? Take(Finished.PicksMax, now) : null;
        return told is not null;
    }

    /// <summary>What is left to tell, in as many words as it takes.</summary>
    public bool TryTakeRest(TimeSpan now, [MaybeNullWhen(false)] out Finished told)
    {
        told = _isTaken && _ended.Count > 0 ? Take(Finished.PicksMax, now) : null;
        return told is not null;
    }

    private Finished Take(int countMax, TimeSpan now)
    {
        (_saidAt, _isWanted) = (now, false);
        if (now >= _settleAt)
        {
            // A word may have been lost on the way. What neither is open nor waits to be told has ended, whatever the balancer has heard.
            _settleAt = now + OpenPicks.SayInterval;
            var untold = _ended.Count > 0 ? _ended.Min(e => e.Pick) : _lastPick + 1;
            _settled = Math.Min(untold, _open.Count > 0 ? _open.Min() : _lastPick + 1);
        }

        var picks = _ended.Count == 0 ? [] : new EndedPick[Math.Min(countMax, _ended.Count)];
        for (var i = 0; i < picks.Length; i++)
        {
            picks[i] = _ended.Dequeue();
        }

        return new Finished(client, _settled, picks);
    }
}
