using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Core.Clients;
using AkkaLb.Core.Policies;

namespace AkkaLb.Bench.Lab.Deciding;

/// <summary>What a client hears from its balancer.</summary>
/// <param name="RequestId">Of which request.</param>
/// <param name="Workers">Whom to use, in order; empty after a refusal.</param>
/// <param name="RetryAfter">After a refusal, when to ask again, in seconds.</param>
/// <param name="IsHeld">It is no answer: the request waits at the balancer.</param>
internal readonly record struct ClientNews(long RequestId, IReadOnlyList<int> Workers, double RetryAfter, bool IsHeld = false);

/// <summary>Clients that ask balancers of production whom to give their jobs.</summary>
/// <remarks>A client uses its assignments first come first served. It asks for a pick for each job that waits. With a stock it keeps picks for jobs
/// that may come too, by the rules of production's clients.</remarks>
internal sealed class Clients : IDispatcher
{
    /// <summary>The longest wait before a job that a full worker refused is tried elsewhere, in mean service times; the first is a hundredth of
    /// it.</summary>
    private const double BackOffMax = 1;

    private readonly Setting _setting;
    private readonly Policy _policy;
    private readonly Client[] _clients;
    private readonly Random _random;
    private readonly TimeSpan _roundTrip;
    private long[] _requests = [];
    private double[] _sentAt = [];
    private int[] _tries = [];
    private World _world = null!;
    private Balancers _balancers = null!;

    public Clients(Setting setting, Policy policy, Random random)
    {
        (_setting, _policy, _random) = (setting, policy, random);
        _clients = [.. Enumerable.Range(0, setting.Clients).Select(_ => new Client(setting.Stock))];
        _roundTrip = TimeSpan.FromSeconds(2 * setting.NetworkDelay);
    }

    public double AnswerDelay => _setting.NetworkDelay;

    public void Begin(World world)
    {
        (_world, _requests, _sentAt, _tries) = (world, new long[world.Work.Count], new double[world.Work.Count], new int[world.Work.Count]);
        _balancers = new Balancers(_setting, _policy, world, OnNews);
        _balancers.Begin();
    }

    public void Submitted(int job)
    {
        _clients[_world.Work.Clients[job]].Ahead.Came(Now);
        Place(job);
    }

    private void Place(int job)
    {
        var client = _world.Work.Clients[job];
        _clients[client].Waiting.Enqueue(job);
        UseAhead(client);
        Ask(client);
        AskAhead(client);
    }

    public void Ended(int job, int worker) => TellEnd(job, worker, PickEnding.Done);

    public void Lost(IReadOnlyList<int> jobs, int worker)
    {
        _balancers.Lost(worker);
        foreach (var job in jobs)
        {
            TryElsewhere(job, worker, PickEnding.Lost, pause: 0, leaveOutFor: _setting.Lease);
        }
    }

    public void Returned(int worker) => _balancers.Returned(worker);

    private void OnNews(int client, ClientNews news)
    {
        var state = _clients[client];
        if (news.IsHeld)
        {
            GiveBack(client);
            state.Ahead.Pause(Now);
            return;
        }

        if (news.RequestId == state.Ahead.Asked)
        {
            GivenAhead(client, news);
            return;
        }

        if (news.Workers.Count > 0)
        {
            state.Ahead.Took(_roundTrip);
            state.Asked--;
            state.Picks.Enqueue((news.RequestId, news.Workers[0]));
            Use(client);
            Ask(client);
            return;
        }

        // It may be because of whom it left out; so next time it leaves out nobody.
        state.LeftOut.Clear();
        _world.Agenda.After(news.RetryAfter, () =>
        {
            state.Asked--;
            Ask(client);
        });
    }

    private void Use(int client)
    {
        var state = _clients[client];
        while (state.Picks.Count > 0 && state.Waiting.Count > 0)
        {
            var (request, worker) = state.Picks.Dequeue();
            Use(client, request, worker);
        }
    }

    private void Use(int client, long request, int worker)
    {
        var state = _clients[client];
        if (state.LeftOut.At(_world.Now).Contains(worker))
        {
            _balancers.Ended(new PickEnded(client, request, worker, PickEnding.Unused, 0, 0, 0));
            return;
        }

        var job = state.Waiting.Dequeue();
        (_requests[job], _sentAt[job]) = (request, _world.Now);
        _world.Agenda.After(_setting.NetworkDelay, () => Arrive(job, worker));
    }

    /// <summary>For jobs that are not asked for. What a question brings that is out when a job is held comes to use all the same; production gives it
    /// back.</summary>
    private void UseAhead(int client)
    {
        var state = _clients[client];
        while (state.Waiting.Count > state.Asked + state.Picks.Count && state.Ahead.TryTake(out var pick))
        {
            Use(client, pick.Number, Balancers.WorkerOf(pick.Worker.Worker));
        }
    }

    private void AskAhead(int client)
    {
        var state = _clients[client];
        if (state.Ahead.Wanted(Now) is > 0 and var count)
        {
            var first = _balancers.AskAhead(client, count, state.Ahead.Since, state.LeftOut.At(_world.Now));
            state.Ahead.Ask(first, count, Now, due: TimeSpan.MaxValue);
        }
    }

    private void GivenAhead(int client, ClientNews news)
    {
        var state = _clients[client];
        var first = state.Ahead.Asked;
        state.Ahead.Answered(
            news.Workers.Count, news.Workers.Count > 0 ? PicksAhead.KeptMax : TimeSpan.FromSeconds(news.RetryAfter), Now);
        for (var i = 0; i < news.Workers.Count; i++)
        {
            state.Ahead.Add(first + i, Balancers.Named(news.Workers[i]), Now);
        }

        UseAhead(client);
        Ask(client);
        AskAhead(client);
        if (state.Ahead.NextDue is { } due && due < TimeSpan.MaxValue)
        {
            _world.Agenda.At(due.TotalSeconds + 1e-6, () => GiveBackOld(client));
        }
    }

    private void GiveBackOld(int client)
    {
        while (_clients[client].Ahead.TryTakeOld(Now, out var pick))
        {
            GiveBack(client, pick);
        }

        AskAhead(client);
    }

    private void GiveBack(int client)
    {
        while (_clients[client].Ahead.TryTake(out var pick))
        {
            GiveBack(client, pick);
        }
    }

    private void GiveBack(int client, PicksAhead.Pick pick) =>
        _balancers.Ended(new PickEnded(client, pick.Number, Balancers.WorkerOf(pick.Worker.Worker), PickEnding.Unused, 0, 0, 0));

    /// <summary>Asks for what is lacking: a request for each pick, so that one that is refused, or waits in the balancer, concerns one job.</summary>
    private void Ask(int client)
    {
        var state = _clients[client];
        var wanted = state.Waiting.Count - state.Picks.Count - state.Asked - (state.Ahead.Asked == 0 ? 0 : state.Ahead.AskedCount);
        for (; wanted > 0; wanted--)
        {
            state.Asked++;
            _balancers.Ask(client, state.LeftOut.At(_world.Now));
        }
    }

    private void Arrive(int job, int worker)
    {
        var station = _world.Stations[worker];
        if (!station.IsUp)
        {
            TryElsewhere(job, worker, PickEnding.Lost, pause: 0, leaveOutFor: _setting.Lease);
        }
        else if (_setting.Capacity > 0 && station.InSystem >= _setting.Capacity)
        {
            _world.JobRejected();
            var bound = Math.Min(BackOffMax, BackOffMax / 100 * Math.Pow(2, Math.Min(30, _tries[job]++))) * _setting.ServiceTime;
            TryElsewhere(job, worker, PickEnding.Rejected, _random.NextDouble() * bound, leaveOutFor: bound);
        }
        else
        {
            _world.Give(job, worker);
        }
    }

    /// <summary>The client hears that its job is not done there, and begins again.</summary>
    private void TryElsewhere(int job, int worker, PickEnding how, double pause, double leaveOutFor)
    {
        TellEnd(job, worker, how);
        var client = _world.Work.Clients[job];
        _world.Agenda.After(_setting.NetworkDelay + pause, () =>
        {
            _clients[client].LeftOut.Add(worker, _world.Now + leaveOutFor);
            Place(job);
        });
    }

    /// <summary>However a job ended at a worker, the client hears of it, and its balancer from the client.</summary>
    private void TellEnd(int job, int worker, PickEnding how)
    {
        var took = _world.Now + _setting.NetworkDelay - _sentAt[job];
        var station = _world.Stations[worker];
        var inFlight = how == PickEnding.Lost ? 0 : station.InSystem;
        var ended = new PickEnded(_world.Work.Clients[job], _requests[job], worker, how, took, station.Accepted, inFlight);
        _world.Agenda.After(_setting.NetworkDelay, () => _balancers.Ended(ended));
    }

    private TimeSpan Now => TimeSpan.FromSeconds(_world.Now);

    /// <param name="stock">Picks for jobs that may come, at most.</param>
    private sealed class Client(int stock)
    {
        /// <summary>Jobs without a worker.</summary>
        public Queue<int> Waiting { get; } = new();

        /// <summary>Assignments for jobs that wait.</summary>
        public Queue<(long Request, int Worker)> Picks { get; } = new();

        /// <summary>Assignments for jobs that may come.</summary>
        public PicksAhead Ahead { get; } = new(stock);

        public LeftOutWorkers LeftOut { get; } = new(Balancers.LeaveOutMax);

        /// <summary>Picks that were asked for and not yet answered.</summary>
        public int Asked { get; set; }
    }
}
