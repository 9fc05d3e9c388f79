using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Core.Policies;

namespace AkkaLb.Bench.Lab.Deciding;

/// <summary>What a client hears from its balancer.</summary>
/// <param name="RequestId">Of which request.</param>
/// <param name="Workers">Whom to use, in order; empty after a refusal.</param>
/// <param name="RetryAfter">After a refusal, when to ask again, in seconds.</param>
internal readonly record struct ClientNews(long RequestId, IReadOnlyList<int> Workers, double RetryAfter);

/// <summary>Clients that ask balancers of production whom to give their jobs.</summary>
/// <remarks>A client uses its assignments first come first served. With a stock of 1 it asks for a pick for each job that waits; with more it keeps
/// so many that nobody has used yet, and asks for what is lacking with each job.</remarks>
internal sealed class Clients : IDispatcher
{
    /// <summary>The longest wait before a job that a full worker refused is tried elsewhere, in mean service times; the first is a hundredth of
    /// it.</summary>
    private const double BackOffMax = 1;

    private readonly Setting _setting;
    private readonly Policy _policy;
    private readonly Client[] _clients;
    private readonly Random _random;
    private long[] _requests = [];
    private double[] _sentAt = [];
    private int[] _tries = [];
    private World _world = null!;
    private Balancers _balancers = null!;

    public Clients(Setting setting, Policy policy, Random random)
    {
        (_setting, _policy, _random) = (setting, policy, random);
        _clients = [.. Enumerable.Range(0, setting.Clients).Select(_ => new Client())];
    }

    public double AnswerDelay => _setting.NetworkDelay;

    public void Begin(World world)
    {
        (_world, _requests, _sentAt, _tries) = (world, new long[world.Work.Count], new double[world.Work.Count], new int[world.Work.Count]);
        _balancers = new Balancers(_setting, _policy, world, OnNews);
        _balancers.Begin();
        for (var client = 0; _setting.Stock > 1 && client < _clients.Length; client++)
        {
            Ask(client);
        }
    }

    public void Submitted(int job)
    {
        var client = _world.Work.Clients[job];
        _clients[client].Waiting.Enqueue(job);
        Use(client);
        Ask(client);
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
        if (news.Workers.Count > 0)
        {
            state.Asked -= news.Workers.Count;
            foreach (var worker in news.Workers)
            {
                state.Stock.Enqueue((news.RequestId, worker));
            }

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
        while (state.Stock.Count > 0 && state.Waiting.Count > 0)
        {
            var (request, worker) = state.Stock.Dequeue();
            if (state.LeftOut.At(_world.Now).Contains(worker))
            {
                _balancers.Ended(new PickEnded(client, request, worker, PickEnding.Unused, 0, 0, 0));
                continue;
            }

            var job = state.Waiting.Dequeue();
            (_requests[job], _sentAt[job]) = (request, _world.Now);
            _world.Agenda.After(_setting.NetworkDelay, () => Arrive(job, worker));
        }
    }

    /// <summary>Asks for what is lacking: a request for each pick, so that one that is refused, or waits in the balancer, concerns one job.</summary>
    private void Ask(int client)
    {
        var state = _clients[client];
        var wanted = state.Waiting.Count + (_setting.Stock > 1 ? _setting.Stock : 0) - state.Stock.Count - state.Asked;
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
            Submitted(job);
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

    private sealed class Client
    {
        /// <summary>Jobs without a worker.</summary>
        public Queue<int> Waiting { get; } = new();

        /// <summary>Assignments that nobody has used.</summary>
        public Queue<(long Request, int Worker)> Stock { get; } = new();

        public LeftOutWorkers LeftOut { get; } = new(Balancers.LeaveOutMax);

        /// <summary>Picks that were asked for and not yet answered.</summary>
        public int Asked { get; set; }
    }
}
