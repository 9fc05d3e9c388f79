using System.Threading.Channels;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Messages;
using AkkaLb.Registry.Embedded;
using AkkaLb.Registry.Tests.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Tests.Embedded;

/// <summary>A worker's system and those of balancers with a registry in each, over loopback, in real time.</summary>
public sealed class EmbeddedRegistriesTests : IAsyncLifetime
{
    private static readonly WorkerRecord Worker = Workers.Worker("a");
    private static readonly WorkerRecord Draining = Worker with { State = WorkerState.Draining };

    /// <summary>With a balancer that does not answer; the others have so long to.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Directory _directory = new();
    private readonly ActorSystem _worker = Create("Worker");
    private readonly Balancer _first = new();
    private readonly Balancer _second = new();
    private readonly Balancer _late = new(isStarted: false);
    private readonly EmbeddedRegistries _registries;

    public EmbeddedRegistriesTests() => _registries = new EmbeddedRegistries(_worker, _directory, TimeSpan.FromSeconds(20));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _registries.DisposeAsync();
        await Task.WhenAll(_worker.Terminate(), _first.System.Terminate(), _second.System.Terminate(), _late.System.Terminate());
    }

    [Fact]
    public async Task A_worker_is_registered_at_all_balancers_and_leaves_them_all()
    {
        _directory.Tell(_first, _second);
        var lease = (await _registries.AddAsync(Worker)).LeaseId;
        Assert.Equal([[Worker], [Worker]], [await _first.MembersAsync(), await _second.MembersAsync()]);
        Assert.Equal(new KeepAliveOutcome.Kept(Workers.Ttl), await _registries.KeepAliveAsync(lease, default));
        Assert.True(await _registries.UpdateAsync(lease, Draining, default));
        Assert.Equal([[Draining], [Draining]], [await _first.MembersAsync(), await _second.MembersAsync()]);
        await _registries.DeregisterAsync(lease, default);
        Assert.Equal([[], []], [await _first.MembersAsync(), await _second.MembersAsync()]);
    }

    [Fact]
    public async Task A_new_balancer_gets_the_worker_as_it_is_now_and_one_that_left_the_directory_is_not_asked()
    {
        _directory.Tell(_first);
        var lease = (await _registries.AddAsync(Worker)).LeaseId;
        Assert.True(await _registries.UpdateAsync(lease, Draining, default));
        _directory.Tell(_second);
        _first.Crash();
        Assert.Equal(new KeepAliveOutcome.Kept(Workers.Ttl), await _registries.KeepAliveAsync(lease, default));
        Assert.Equal([Draining], await _second.MembersAsync());
    }

    [Fact]
    public async Task An_empty_directory_says_less_than_what_is_known()
    {
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => _registries.RegisterAsync(Worker, Workers.Ttl, default));
        _directory.Tell(_first);
        var lease = (await _registries.AddAsync(Worker)).LeaseId;
        _directory.Tell();
        Assert.Equal(new KeepAliveOutcome.Kept(Workers.Ttl), await _registries.KeepAliveAsync(lease, default));
    }

    [Fact]
    public async Task A_balancer_that_has_forgotten_the_worker_gets_it_again()
    {
        _directory.Tell(_first, _second);
        var lease = (await _registries.AddAsync(Worker)).LeaseId;
        _first.Forget();
        Assert.Empty(await _first.MembersAsync());
        using var bound = Bound.New();
        while ((await _first.MembersAsync()).Count == 0)
        {
            Assert.IsType<KeepAliveOutcome.Kept>(await _registries.KeepAliveAsync(lease, bound.Token));
            bound.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task The_lease_is_lost_when_no_balancer_knows_it()
    {
        _directory.Tell(_first, _second);
        var lease = (await _registries.AddAsync(Worker)).LeaseId;
        _first.Forget();
        _second.Forget();
        Assert.IsType<KeepAliveOutcome.LeaseLost>(await _registries.KeepAliveAsync(lease, default));
    }

    [Fact]
    public async Task An_id_that_another_worker_has_at_one_balancer_is_in_use_and_nothing_stays_behind()
    {
        _directory.Tell(_first, _second);
        await _second.Registry.AddAsync(Worker with { Incarnation = 2 });
        var taken = Assert.IsType<RegisterOutcome.IdInUse>(await _registries.RegisterAsync(Worker, Workers.Ttl, default));
        Assert.Equal(2, taken.HolderIncarnation);
        Assert.Empty(await _first.MembersAsync());
    }

    [Fact]
    public async Task One_balancer_is_enough()
    {
        _directory.Tell(_first, _second);
        _second.Crash();
        await using var registries = new EmbeddedRegistries(_worker, _directory, Patience);
        var lease = (await registries.AddAsync(Worker)).LeaseId;
        Assert.IsType<KeepAliveOutcome.Kept>(await registries.KeepAliveAsync(lease, default));
        Assert.True(await registries.UpdateAsync(lease, Draining, default));
        Assert.Equal([Draining], await _first.MembersAsync());
        await registries.DeregisterAsync(lease, default);
        _first.Crash();
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => registries.KeepAliveAsync(lease, default));
    }

    [Fact]
    public async Task The_trouble_of_one_balancer_is_told_once_and_so_is_its_end()
    {
        var said = Channel.CreateUnbounded<string>();
        var reader = _worker.ActorOf(Props.Create(() => new LogReader(said.Writer)));
        _worker.EventStream.Subscribe(reader, typeof(LogEvent));
        _directory.Tell(_first, _late);
        await using var registries = new EmbeddedRegistries(_worker, _directory, Patience);
        var lease = (await registries.AddAsync(Worker)).LeaseId;
        Assert.IsType<KeepAliveOutcome.Kept>(await registries.KeepAliveAsync(lease, default));
        _late.Start();
        using var bound = Bound.New();
        while ((await _late.MembersAsync()).Count == 0)
        {
            await registries.KeepAliveAsync(lease, bound.Token);
        }

        var late = NodeAddress.Text(_late.Address);
        var trouble = await said.Reader.ReadAsync(bound.Token);
        Assert.StartsWith($"this worker cannot be registered at the balancer {late}; retrying: ", trouble, StringComparison.Ordinal);
        Assert.Equal($"this worker is registered at the balancer {late} again", await said.Reader.ReadAsync(bound.Token));
        await registries.DeregisterAsync(lease, default);
        Assert.False(said.Reader.TryRead(out _));
    }

    private static ActorSystem Create(string name) => ActorSystem.Create(
        name, SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka { loglevel = INFO, loggers = [], stdout-loglevel = OFF }"));

    private sealed class Directory : IBalancerDirectory, IAsyncDisposable
    {
        private readonly List<Action<Watched<Address>>> _subscribers = [];
        private Watched<Address> _last = new Watched<Address>.Known(0, []);

        public bool IsInOrder => false;

        public IAsyncDisposable Subscribe(Action<Watched<Address>> tell)
        {
            _subscribers.Add(tell);
            tell(_last);
            return this;
        }

        public void Tell(params Balancer[] balancers)
        {
            _last = new Watched<Address>.Known(0, [.. balancers.Select(b => b.Address)]);
            _subscribers.ForEach(tell => tell(_last));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class LogReader : ReceiveActor
    {
        public LogReader(ChannelWriter<string> said) => Receive<LogEvent>(e =>
        {
            if (e.ToString().Contains("registered at the balancer", StringComparison.Ordinal))
            {
                said.TryWrite(e.Message.ToString()!);
            }
        });
    }

    /// <summary>A system with a registry in it.</summary>
    private sealed class Balancer
    {
        private IActorRef _actor = ActorRefs.Nobody;

        public Balancer(bool isStarted = true)
        {
            if (isStarted)
            {
                Start();
            }
        }

        public ActorSystem System { get; } = Create("Shop");

        public Address Address => ((ExtendedActorSystem)System).Provider.DefaultAddress;

        public EmbeddedRegistry Registry => new(System, _actor, TimeSpan.FromSeconds(20));

        /// <summary>Who is registered now.</summary>
        public async Task<IReadOnlyList<WorkerRecord>> MembersAsync()
        {
            await using var watch = new WatchProbe(Registry);
            return [.. (await watch.NextReadAsync()).All.Select(m => m.Worker)];
        }

        /// <summary>It answers nobody any more.</summary>
        public void Crash() => System.Stop(_actor);

        /// <summary>It forgets everybody: nobody can send this, so that its actor begins anew.</summary>
        public void Forget() => _actor.Tell(new Register(null!, Workers.Ttl));

        public void Start() => _actor = System.ActorOf(EmbeddedRegistryActor.Props(), EmbeddedRegistryActor.ActorName);
    }
}
