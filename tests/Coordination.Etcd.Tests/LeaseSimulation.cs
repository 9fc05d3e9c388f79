namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>Several contenders for one lease against <see cref="ModelEtcd"/>, on virtual time: requests and answers are delayed and lost,
/// contenders stand still, their clocks run at different speeds, etcd changes its leader. All from one seed.</summary>
internal sealed class LeaseSimulation
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);

    private readonly Random _random;
    private readonly LeaseTimings _timings;
    private readonly ModelEtcd _etcd;
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _agenda = new();
    private readonly List<Contender> _contenders = [];
    private TimeSpan _now;
    private long _order;
    private long _highestToken;
    private bool _isCalm;

    /// <param name="slowest">Speed of the slowest clock; etcd's is 1.</param>
    public LeaseSimulation(int seed, LeaseTimings timings, int contenders, double slowest)
    {
        (_random, _timings, _etcd) = (new Random(seed), timings, new ModelEtcd(timings.Ttl));
        for (var i = 0; i < contenders; i++)
        {
            var speed = slowest + (_random.NextDouble() * 2 * (1 - slowest));
            _contenders.Add(new Contender(
                $"c{i}", new LeaseMachine(timings, $"c{i}"), i == 0 ? slowest : speed, TimeSpan.FromHours(_random.Next(1000))));
        }
    }

    /// <summary>The first broken rule; null while none is.</summary>
    public string? Violation { get; private set; }

    public int Ownerships { get; private set; }

    public int Losses { get; private set; }

    /// <summary>Trouble for a while, then calm; at the end everybody has released and one acquires.</summary>
    public void Run(TimeSpan trouble)
    {
        for (var at = TimeSpan.Zero; at < trouble; at += Upto(3))
        {
            At(at, Disturb);
        }

        // Whoever stood still continues and does what it was asked for meanwhile.
        RunUntil(trouble + PauseMax);
        _isCalm = true;
        _contenders.ForEach(c => At(_now, () => Ask(c, isAcquire: false)));
        RunUntil(_now + (_timings.Ttl * 3));
        var last = _contenders[_random.Next(_contenders.Count)];
        At(_now, () => Ask(last, isAcquire: true));
        RunUntil(_now + TimeSpan.FromSeconds(1));
        Require(IsHeld(last), "nobody can have the lease though all is calm and everybody has released it");
        Require(_contenders.All(c => c.Unanswered.Count == 0), "a question was never answered");
    }

    private void Disturb()
    {
        var contender = _contenders[_random.Next(_contenders.Count)];
        switch (_random.Next(12))
        {
            case < 7:
                Ask(contender, isAcquire: true);
                break;
            case < 9:
                Ask(contender, isAcquire: false);
                break;
            case < 11:
                contender.PausedUntil = _now + Upto(PauseMax.TotalSeconds);
                break;
            default:
                _etcd.ChangeLeader(_now);
                break;
        }
    }

    private void Ask(Contender contender, bool isAcquire)
    {
        var id = ++contender.LastId;
        contender.Unanswered.Add(id);
        Tell(contender, isAcquire ? new LeaseEvent.AcquireRequested(id) : new LeaseEvent.ReleaseRequested(id));
    }

    /// <summary>A contender that stands still hears of it when it continues.</summary>
    private void Tell(Contender contender, LeaseEvent happened)
    {
        if (contender.PausedUntil > _now && !_isCalm)
        {
            At(contender.PausedUntil, () => Tell(contender, happened));
            return;
        }

        foreach (var effect in contender.Machine.Handle(happened, contender.Clock(_now)))
        {
            Act(contender, effect);
        }

        if (contender.Machine.NextWake is { } wake)
        {
            At(contender.WhenClockShows(wake, _now), () => Tell(contender, new LeaseEvent.Woken()));
        }

        CheckOwners();
    }

    private void Act(Contender contender, LeaseEffect effect)
    {
        switch (effect)
        {
            case LeaseEffect.AnswerAcquire e:
                foreach (var id in e.Ids)
                {
                    Require(contender.Unanswered.Remove(id), "an acquire was answered twice");
                }

                if (e.Outcome is AcquireOutcome.Acquired acquired)
                {
                    OnAcquired(contender, acquired.Token);
                }

                break;
            case LeaseEffect.AnswerRelease e:
                foreach (var id in e.Ids)
                {
                    Require(contender.Unanswered.Remove(id), "a release was answered twice");
                }

                Require(!IsHeld(contender), "a lease was held when its release was answered");
                contender.TokenTold = 0;
                break;
            case LeaseEffect.TellLost:
                Require(contender.TokenTold != 0, "a loss was told of an ownership that was never told, or twice");
                contender.TokenTold = 0;
                Losses++;
                break;
            case LeaseEffect.Abandon e:
                Travel(() => _etcd.Revoke(0, e.LeaseId, _now), answer: null);
                break;
            case LeaseEffect.Request e:
                Request(contender, e);
                break;
        }
    }

    private void OnAcquired(Contender contender, long token)
    {
        if (token != contender.TokenTold)
        {
            Require(token > _highestToken, $"token {token} came after {_highestToken}");
            (contender.TokenTold, _highestToken) = (token, token);
            Ownerships++;
        }
    }

    /// <summary>One answer for each request: etcd's, or the time-out's; what etcd does after that it does unseen.</summary>
    private void Request(Contender contender, LeaseEffect.Request request)
    {
        var sentAt = contender.Clock(_now);
        var isAnswered = false;
        Travel(
            () => request switch
            {
                LeaseEffect.Look e => _etcd.Look(e.Number, _now),
                LeaseEffect.Grant e => _etcd.Grant(e.Number, _now, sentAt),
                LeaseEffect.Claim e => _etcd.Claim(e.Number, e.LeaseId, contender.Name, _now),
                LeaseEffect.Renew e => _etcd.Renew(e, _now, sentAt),
                LeaseEffect.Revoke e => _etcd.Revoke(e.Number, e.LeaseId, _now),
                _ => throw new InvalidOperationException($"{request}"),
            },
            Answer);
        At(_now + RequestTimeout, () => Answer(new LeaseEvent.Failed(request.Number, "no answer", IsFinal: false)));

        void Answer(LeaseEvent answer)
        {
            if (!isAnswered)
            {
                isAnswered = true;
                Tell(contender, answer);
            }
        }
    }

    /// <summary>To etcd and back; either way may take long, or for ever.</summary>
    private void Travel(Func<LeaseEvent> atEtcd, Action<LeaseEvent>? answer)
    {
        if (IsLost())
        {
            return;
        }

        At(_now + Delay(), () =>
        {
            var happened = atEtcd();
            if (answer is not null && !IsLost())
            {
                At(_now + Delay(), () => answer(happened));
            }
        });
    }

    private void CheckOwners()
    {
        var owners = _contenders.Where(IsHeld).Select(c => c.Name).ToList();
        Require(owners.Count <= 1, $"{string.Join(" and ", owners)} both hold the lease at {_now}");
    }

    /// <summary>Looks without asking: a question may end the term.</summary>
    private bool IsHeld(Contender contender) => contender.Machine.Term is { } term && contender.Clock(_now) < term.Deadline;

    private void Require(bool isGood, string rule) => Violation ??= isGood ? null : rule;

    private bool IsLost() => !_isCalm && _random.Next(8) == 0;

    private TimeSpan Delay() => _isCalm || _random.Next(6) > 0 ? TimeSpan.FromMilliseconds(_random.Next(1, 50)) : Upto(20);

    private TimeSpan Upto(double seconds) => TimeSpan.FromSeconds(_random.NextDouble() * seconds);

    private void At(TimeSpan at, Action action) => _agenda.Enqueue(action, (at, _order++));

    private void RunUntil(TimeSpan end)
    {
        while (_agenda.TryPeek(out _, out var next) && next.At <= end && Violation is null)
        {
            _now = next.At;
            _agenda.Dequeue()();
        }

        _now = end;
    }

    private sealed record Contender(string Name, LeaseMachine Machine, double Speed, TimeSpan Offset)
    {
        public TimeSpan PausedUntil { get; set; }

        public long LastId { get; set; }

        public long TokenTold { get; set; }

        public HashSet<long> Unanswered { get; } = [];

        public TimeSpan Clock(TimeSpan now) => Offset + (now * Speed);

        /// <summary>A millisecond late rather than early, at the latest in a year.</summary>
        public TimeSpan WhenClockShows(TimeSpan time, TimeSpan now)
        {
            var wait = time <= Clock(now) ? TimeSpan.Zero : (time - Clock(now)) / Speed;
            return now + TimeSpan.FromMilliseconds(1) + wait;
        }
    }
}
