using System.Globalization;
using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>Callers, each with one job at a time, at several clients; a round-robin balancer; and gates with a capacity and a queue that serves who
/// has
/// waited longest. In virtual time, with a delay on each way.</summary>
internal sealed class CapacityWorld
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(2);

    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private readonly List<Client> _clients = [];
    private readonly List<Gate> _gates = [];
    private readonly TimeSpan _service;
    private readonly TimeSpan _until;
    private readonly Random _random;
    private TimeSpan _now;
    private long _order;
    private int _next;

    /// <param name="capacities">Of each worker; its queue is a quarter of it, at least 1.</param>
    /// <param name="service">How long each job takes.</param>
    /// <param name="until">No caller begins a job after that.</param>
    public CapacityWorld(Random random, IReadOnlyList<int> capacities, TimeSpan service, IReadOnlyList<int> callersOfClients, TimeSpan until)
    {
        (_random, _service, _until) = (random, service, until);
        _gates.AddRange(capacities.Select((capacity, i) => new Gate(this, i + 1, capacity)));
        _clients.AddRange(callersOfClients.Select((_, i) => new Client(this, i + 1)));
        for (var i = 0; i < callersOfClients.Count; i++)
        {
            for (var caller = 0; caller < callersOfClients[i]; caller++)
            {
                // Callers of one program rarely begin at the very same moment.
                var client = _clients[i];
                After(service * random.NextDouble(), client.Submit);
            }
        }
    }

    public int Done { get; private set; }

    public List<JobOutcome.Failed> Failures { get; } = [];

    public TimeSpan LongestWait { get; private set; }

    public int Sends { get; private set; }

    public int Asks { get; private set; }

    /// <summary>The hint of a full gate.</summary>
    public static TimeSpan RetryAfter(TimeSpan service) => service / 2;

    private Gate GateOf(AssignedWorker worker) => _gates.Find(gate => gate.Target == worker)!;

    public void Run()
    {
        while (_events.TryDequeue(out var act, out var due))
        {
            _now = due.At;
            act();
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Done} done, {Failures.Count} failed, {Sends} sends, {Asks} asks, longest wait {LongestWait.TotalMilliseconds:0} ms");

    private void After(TimeSpan delay, Action act) => _events.Enqueue(act, (_now + delay, _order++));

    private void Ask(Client client, Assign ask)
    {
        Asks++;
        After(Delay, () =>
        {
            for (var step = 0; step < _gates.Count; step++)
            {
                var gate = _gates[(_next + step) % _gates.Count];
                if (!ask.LeaveOut.Contains(gate.Target.Worker))
                {
                    _next = (_next + step + 1) % _gates.Count;
                    After(Delay, () => client.Step(core => core.Assigned(ask.RequestId, [gate.Target], "", _now)));
                    return;
                }
            }

            After(Delay, () => client.Step(core => core.AssignRejected(ask.RequestId, AssignRejectReason.AllExcluded, "all", S(1), _now)));
        });
    }

    private sealed class Client(CapacityWorld world, int number)
    {
        private readonly ClientDriver _core = Linked(world, number);
        private TimeSpan? _timer;

        public void Submit()
        {
            if (world._now < world._until)
            {
                Step(core => core.Submit("", ClientDriver.Text(""), isIdempotent: false, S(300), world._now));
            }
        }

        public void Step(Action<ClientDriver> decide)
        {
            decide(_core);
            var effects = _core.Effects.ToList();
            _core.Effects.Clear();
            foreach (var effect in effects)
            {
                Act(effect);
            }

            if (_core.NextDue is { } due && (_timer is null || due < _timer))
            {
                _timer = due;
                world.After(due > world._now ? due - world._now : TimeSpan.Zero, () =>
                {
                    _timer = null;
                    Step(core => core.Tick(world._now));
                });
            }
        }

        private static ClientDriver Linked(CapacityWorld world, int number)
        {
            var core = new ClientDriver(ClientSettings.Default, number, world._random);
            core.BalancerFound(default);
            return core;
        }

        private void Act(ClientEffect effect)
        {
            switch (effect)
            {
                case ClientEffect.ToBalancer { Message: Assign ask }:
                    world.Ask(this, ask);
                    break;
                case ClientEffect.ToGate send:
                    world.Sends++;
                    world.After(Delay, () => world.GateOf(send.Worker).Arrive(this, send.Job));
                    break;
                case ClientEffect.Finish { Outcome: JobOutcome.Done done }:
                    world.Done++;
                    world.LongestWait = done.Total > world.LongestWait ? done.Total : world.LongestWait;
                    // The caller's next job comes when it has read this one's reply.
                    world.After(TimeSpan.FromMicroseconds(10), Submit);
                    break;
                case ClientEffect.Finish { Outcome: JobOutcome.Failed failed }:
                    world.Failures.Add(failed);
                    break;
                default:
                    break;
            }
        }
    }

    private sealed class Gate
    {
        private readonly CapacityWorld _world;
        private readonly int _capacity;
        private readonly SortedSet<(TimeSpan Since, long Order, Client Client, Job Send)> _queue = new(
            Comparer<(TimeSpan Since, long Order, Client, Job)>.Create(
                (a, b) => (a.Since, a.Order).CompareTo((b.Since, b.Order))));

        private int _running;

        public Gate(CapacityWorld world, int number, int capacity)
        {
            (_world, _capacity) = (world, capacity);
            var name = string.Create(CultureInfo.InvariantCulture, $"w{number}");
            Target = new AssignedWorker(Key(name), name);
        }

        public AssignedWorker Target { get; }

        public void Arrive(Client client, Job send)
        {
            if (_running < _capacity)
            {
                Start(client, send);
                return;
            }

            _queue.Add((_world._now - send.Waited, _world._order++, client, send));
            if (_queue.Count > Math.Max(1, _capacity / 4))
            {
                var youngest = _queue.Max;
                _queue.Remove(youngest);
                var hint = RetryAfter(_world._service);
                _world.After(Delay, () => youngest.Client.Step(core =>
                    core.JobRejected(youngest.Send.Id, youngest.Send.Attempt, JobRejectReason.OverCapacity, "", hint, _world._now)));
            }
        }

        private void Start(Client client, Job send)
        {
            _running++;
            _world.After(_world._service, () =>
            {
                _running--;
                _world.After(Delay, () => client.Step(core => core.JobDone(send.Id, send.Attempt, "", _world._now)));
                if (_queue.Count > 0)
                {
                    var (_, _, next, job) = _queue.Min;
                    _queue.Remove(_queue.Min);
                    Start(next, job);
                }
            });
        }
    }
}
