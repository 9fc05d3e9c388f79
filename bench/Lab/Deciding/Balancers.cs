using System.Globalization;
using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Work;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;

namespace AkkaLb.Bench.Lab.Deciding;

/// <summary>The balancers of production, side by side: everything in the lab that knows their classes is in this file.</summary>
/// <remarks>Each message, from or to a balancer, takes the network's delay on the agenda, also where that is 0: so an answer is never handled inside
/// the question. It may come at once or out of any later input of the balancer, and is brought to the client whose request it names.</remarks>
internal sealed class Balancers
{
    /// <summary>What a process holds without jobs.</summary>
    private const long BaseBytes = 128 << 20;

    /// <summary>Nobody is short of memory unless the jobs are: this is 1,000 jobs of mean size for each slot.</summary>
    private const long LimitBytesPerSlot = 1000L * (16 << 20);

    private const int AnswerBytesMax = 1 << 20;

    /// <summary>Seconds after which a client says that it is still there, as the clients of production do. A third of what balancers wait
    /// for.</summary>
    private const double SayInterval = 5;

    /// <summary>So many workers a request may leave out.</summary>
    public const int LeaveOutMax = Assign.LeaveOutMax;

    /// <summary>Callers in the lab wait as long as it takes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1000);

    private readonly Setting _setting;
    private readonly World _world;
    private readonly Balancer[] _balancers;
    private readonly Member?[] _members;
    private readonly long[] _sequences;
    private readonly Dictionary<long, int> _asking = [];
    private long _lastRequest;
    private long _revision;
    private long _lastOrder;

    /// <summary>Takes an answer to the client that asked.</summary>
    private readonly Action<int, ClientNews> _answer;

    public Balancers(Setting setting, Policy policy, World world, Action<int, ClientNews> answer)
    {
        (_setting, _world, _answer) = (setting, world, answer);
        _members = [.. Enumerable.Range(0, world.Stations.Count).Select(Registered)];
        _sequences = new long[_members.Length];
        var streams = new Streams(setting.Seed);
        _balancers = [.. Enumerable.Range(0, setting.Balancers).Select(i => new Balancer(this, i, policy, streams.Of(policy.Name, i)))];
    }

    private TimeSpan Now => Time(_world.Now);

    private TimeSpan Heartbeat => TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(_setting.ReportAge * 1000)));

    /// <summary>Everybody is registered and has reported; from then on each reports in its turn.</summary>
    public void Begin()
    {
        var known = new Watched<Member>.Known(++_revision, [.. _members.OfType<Member>()]);
        Array.ForEach(_balancers, b => b.Handle(known));
        var random = new Streams(_setting.Seed).Of("reports");
        for (var i = 0; i < _members.Length; i++)
        {
            var worker = i;
            var report = Report(worker);
            Array.ForEach(_balancers, b => b.Handle(report));
            _world.Agenda.At(random.NextDouble() * _setting.ReportAge, () => ReportInTurn(worker));
        }

        for (var i = 0; _setting.IsTold && i < _setting.Clients; i++)
        {
            var client = i;
            _world.Agenda.At(SayInterval, () => SayInTurn(client));
        }
    }

    /// <summary>A client asks its balancer for one pick.</summary>
    /// <param name="leaveOut">Workers not to pick, at most <see cref="LeaveOutMax"/>; those that the registry does not have are no matter.</param>
    public void Ask(int client, IReadOnlyList<int> leaveOut)
    {
        var request = ++_lastRequest;
        _asking.Add(request, client);
        WorkerKey[] leftOut = [.. leaveOut.Select(w => _members[w]).OfType<Member>().Select(KeyOf)];
        var assign = new Assign(request, 1, leftOut, null, Patience, Finished: _setting.IsTold ? Told(client, []) : null);
        Travel(() => BalancerOf(client).Handle(assign));
    }

    /// <summary>A client asks for picks ahead.</summary>
    /// <param name="since">The number of the first pick that it has got ahead and not used, where the first of these has the given one.</param>
    /// <returns>The number of the first; the others follow.</returns>
    public long AskAhead(int client, int count, Func<long, long> since, IReadOnlyList<int> leaveOut)
    {
        var first = _lastRequest + 1;
        _lastRequest += count;
        _asking.Add(first, client);
        WorkerKey[] leftOut = [.. leaveOut.Select(w => _members[w]).OfType<Member>().Select(KeyOf)];
        var assign = new Assign(first, count, leftOut, null, Patience, Finished: Told(client, []), AheadSince: since(first));
        Travel(() => BalancerOf(client).Handle(assign));
        return first;
    }

    /// <summary>A client hears that a pick has ended. Its balancer learns of it after the setting's finish delay.</summary>
    public void Ended(PickEnded pick)
    {
        if (_setting.IsTold)
        {
            var counts = new JobCounts(pick.Accepted, pick.InFlight);
            var ended = new EndedPick(pick.Request, EndOf(pick.How), TimeSpan.FromSeconds(pick.Took), counts);
            var finished = Told(pick.Client, [ended]);
            _world.Agenda.After(_setting.FinishDelay + _setting.NetworkDelay, () => BalancerOf(pick.Client).Handle(finished));
        }
    }

    /// <summary>A worker was killed: when its lease is over it is no longer registered, unless it has come back by then.</summary>
    public void Lost(int worker)
    {
        var lost = _members[worker];
        _world.Agenda.After(_setting.Lease, () =>
        {
            if (lost is not null && _members[worker] == lost)
            {
                _members[worker] = null;
                Tell(new KeyChange<Member>(lost.Worker.Id, null));
            }
        });
    }

    /// <summary>A worker that was killed registers again, as another incarnation.</summary>
    public void Returned(int worker)
    {
        var member = Registered(worker);
        (_members[worker], _sequences[worker]) = (member, 0);
        Tell(new KeyChange<Member>(member.Worker.Id, member));
    }

    private static Finished Told(int client, IReadOnlyList<EndedPick> picks) => new(client + 1, 0, picks);

    private static PickEnd EndOf(PickEnding how) => how switch
    {
        PickEnding.Unused => PickEnd.Unused,
        PickEnding.Done => PickEnd.Done,
        PickEnding.Rejected => PickEnd.Rejected,
        PickEnding.Lost => PickEnd.Unknown,
    };

    private static TimeSpan Time(double seconds) => TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static WorkerKey KeyOf(Member member) => new(member.Worker.Id, member.Worker.Incarnation);

    /// <summary>Ids are <c>worker-</c> and the number.</summary>
    public static int WorkerOf(WorkerKey key) => int.Parse(key.Id.AsSpan("worker-".Length), CultureInfo.InvariantCulture);

    /// <summary>A worker by its number, for <see cref="WorkerOf"/>.</summary>
    public static AssignedWorker Named(int worker) => new(new WorkerKey(Invariant($"worker-{worker}"), 0), "");

    private Balancer BalancerOf(int client) => _balancers[client % _balancers.Length];

    private void Travel(Action arrive) => _world.Agenda.After(_setting.NetworkDelay, arrive);

    private void ReportInTurn(int worker)
    {
        // When every job has come to a worker, nobody is picked any more.
        if (_world.IsEverythingGiven)
        {
            return;
        }

        if (_world.Stations[worker].IsUp)
        {
            TellAll(Report(worker));
        }

        _world.Agenda.After(_setting.ReportAge, () => ReportInTurn(worker));
    }

    private void SayInTurn(int client)
    {
        if (!_world.IsEverythingGiven)
        {
            Travel(() => BalancerOf(client).Handle(Told(client, [])));
            _world.Agenda.After(SayInterval, () => SayInTurn(client));
        }
    }

    private void Tell(KeyChange<Member> change) => TellAll(new Watched<Member>.Known(++_revision, [.. _members.OfType<Member>()], [change]));

    private void TellAll(object input)
    {
        foreach (var balancer in _balancers)
        {
            Travel(() => balancer.Handle(input));
        }
    }

    private MemoryReport Report(int worker)
    {
        var station = _world.Stations[worker];
        var resident = BaseBytes + station.JobBytes;
        var limit = BaseBytes + (LimitBytesPerSlot * station.Slots);
        return new MemoryReport(
            KeyOf(_members[worker]!), ++_sequences[worker], Heartbeat, resident, resident, limit,
            new JobCounts(station.Accepted, station.InSystem), 0);
    }

    /// <summary>A new incarnation of a worker, as the registry has it.</summary>
    private Member Registered(int worker)
    {
        var (id, order, station) = (Invariant($"worker-{worker}"), ++_lastOrder, _world.Stations[worker]);
        var record = new WorkerRecord(
            id, order, Invariant($"akka.tcp://AkkaLb@lab:4055/user/{id}#1"), WorkerState.Up, Math.Max(_setting.Capacity, station.Slots),
            (int)Heartbeat.TotalMilliseconds, "lab", Places: station.Slots, Speed: SpeedOf(station));
        return new Member(record, order);
    }

    /// <summary>What a worker declares; it does not know when it slows down.</summary>
    private static int SpeedOf(Station station) =>
        (int)Math.Clamp(Math.Round(WorkerRecord.OrdinarySpeed * station.NominalSpeed), 1, WorkerRecord.SpeedMax);

    private void Answered(IAkkaLbMessage message)
    {
        switch (message)
        {
            case Assigned m:
                Answer(m.RequestId, new ClientNews(m.RequestId, [.. m.Workers.Select(w => WorkerOf(w.Worker))], 0));
                break;
            case AssignRejected m:
                _world.AssignRejected();
                Answer(m.RequestId, new ClientNews(m.RequestId, [], Math.Max(m.RetryAfter.TotalSeconds, 0.001)));
                break;
            default:
                throw new InvalidOperationException($"{message.GetType()} answers no question of the lab's");
        }
    }

    private void Held(long request)
    {
        var client = _asking[request];
        Travel(() => _answer(client, new ClientNews(request, [], 0, IsHeld: true)));
    }

    private void Answer(long request, ClientNews news)
    {
        if (!_asking.Remove(request, out var client))
        {
            throw new InvalidOperationException($"request {request} was answered twice");
        }

        Travel(() => _answer(client, news));
    }

    /// <summary>One of them, with the shell around its core.</summary>
    private sealed class Balancer(Balancers all, int number, Policy policy, Random random)
    {
        private readonly BalancerCore _core = new(
            Invariant($"lab-{number}"), ServiceRules.All(policy, BalancerLimits.Default), random, DecidingRight.Always,
            AnswerBytesMax);

        private readonly List<BalancerEffect> _outbox = [];
        private TimeSpan? _tickAt;

        public void Handle(object input)
        {
            _core.Handle(input, all.Now, _outbox);
            foreach (var effect in _outbox)
            {
                if (effect is BalancerEffect.Answer { Message: var answer })
                {
                    all.Answered(answer);
                }
                else if (effect is BalancerEffect.AnswerHeld { Message: var late })
                {
                    all.Answered(late);
                }
                else if (effect is BalancerEffect.SayHeld { Message: var held })
                {
                    all.Held(held.RequestId);
                }
            }

            _outbox.Clear();
            Wind();
        }

        /// <summary>Sees to it that a tick comes when the core wants one.</summary>
        private void Wind()
        {
            if (_core.NextDue is { } due && (_tickAt is not { } set || due < set))
            {
                _tickAt = due;

                // A clock of whole ticks of 100 ns must not be read just before the moment that was waited for.
                all._world.Agenda.At((due.Ticks + 0.5) / TimeSpan.TicksPerSecond, () => Tick(due));
            }
        }

        private void Tick(TimeSpan due)
        {
            if (_tickAt == due)
            {
                _tickAt = null;
                Handle(Core.Machines.Tick.Instance);
            }
        }
    }
}
