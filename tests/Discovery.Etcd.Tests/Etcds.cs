using System.Threading.Channels;
using AkkaLb.Etcd;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Discovery.Etcd.Tests;

/// <summary>One etcd for all tests that leave it as they found it; each works under a prefix of its own.</summary>
public sealed class EtcdFixture : IAsyncLifetime
{
    private int _prefixes;

    public EtcdProcess Etcd { get; private set; } = null!;

    public async Task InitializeAsync() => Etcd = await EtcdProcess.StartAsync();

    public async Task DisposeAsync() => await Etcd.DisposeAsync();

    public string NewPrefix() => $"/test{Interlocked.Increment(ref _prefixes)}";
}

[CollectionDefinition(Name)]
public sealed class EtcdTests : ICollectionFixture<EtcdFixture>
{
    public const string Name = "one etcd";
}

internal static class Bound
{
    /// <summary>Nothing here takes so long unless it is broken.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(30);

    public static CancellationToken Token() => new CancellationTokenSource(Time).Token;
}

/// <summary>A connection, the services behind it, and everything that was made of them, disposed in order.</summary>
internal sealed class Party(EtcdProcess etcd, string prefix, TimeSpan? requestTimeout = null, EtcdCredentials? credentials = null)
    : IAsyncDisposable
{
    private readonly EtcdConnection _connection = new(
        new EtcdSettings([new EtcdEndpoint("127.0.0.1", etcd.Port)])
        {
            Prefix = prefix,
            Credentials = credentials,
            RequestTimeout = requestTimeout ?? TimeSpan.FromSeconds(5),
            ReconnectDelayMin = TimeSpan.FromMilliseconds(20),
            ReconnectDelayMax = TimeSpan.FromMilliseconds(200),
            LivenessInterval = TimeSpan.FromMilliseconds(500),
        },
        TimeProvider.System);

    private readonly List<IAsyncDisposable> _made = [];

    private EtcdServices? _services;

    public EtcdConnection Connection => _connection;

    public EtcdServices Services => _services ??= new EtcdServices(_connection, new Random(4053));

    public RegistrationProbe Register(ServiceInstance instance, RegistrationOptions? options = null, string service = "greeter")
    {
        var probe = new RegistrationProbe(Services, service, instance, options ?? new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(2) });
        _made.Add(probe);
        return probe;
    }

    public ServiceProbe Watch(string service = "greeter")
    {
        var probe = new ServiceProbe(Services, service);
        _made.Add(probe);
        return probe;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var made in _made)
        {
            await made.DisposeAsync();
        }

        _connection.Dispose();
    }
}

/// <summary>A registration and what it tells.</summary>
internal sealed class RegistrationProbe : IAsyncDisposable
{
    private readonly Channel<RegistrationEvent> _events = Channel.CreateUnbounded<RegistrationEvent>();

    public RegistrationProbe(EtcdServices services, string service, ServiceInstance instance, RegistrationOptions options) =>
        Registration = services.Register(service, instance, options, e => _events.Writer.TryWrite(e));

    public EtcdServiceRegistration Registration { get; }

    /// <summary>All events taken so far.</summary>
    public List<RegistrationEvent> Seen { get; } = [];

    /// <summary>The next event of this kind; those before it are passed over.</summary>
    public async Task<T> NextAsync<T>()
        where T : RegistrationEvent
    {
        while (true)
        {
            Seen.Add(await _events.Reader.ReadAsync(Bound.Token()));
            if (Seen[^1] is T wanted)
            {
                return wanted;
            }
        }
    }

    public ValueTask DisposeAsync() => Registration.DisposeAsync();
}

/// <summary>A subscription and what it tells.</summary>
internal sealed class ServiceProbe : IAsyncDisposable
{
    private readonly Channel<Watched<ServiceInstance>> _events = Channel.CreateUnbounded<Watched<ServiceInstance>>();
    private readonly ServiceSubscription _subscription;

    public ServiceProbe(EtcdServices services, string service) => _subscription = services.Subscribe(service, e => _events.Writer.TryWrite(e));

    /// <summary>All events taken so far.</summary>
    public List<Watched<ServiceInstance>> Seen { get; } = [];

    public async Task<T> NextAsync<T>()
        where T : Watched<ServiceInstance>
    {
        while (true)
        {
            var e = await _events.Reader.ReadAsync(Bound.Token());
            Seen.Add(e);
            if (e is T wanted)
            {
                return wanted;
            }
        }
    }

    /// <summary>Takes lists until one is exactly these, in this order.</summary>
    public async Task<IReadOnlyList<ServiceInstance>> UntilAsync(params string[] ids)
    {
        while (true)
        {
            var all = (await NextAsync<Watched<ServiceInstance>.Known>()).All.ToList();
            if (all.Select(i => i.Id).SequenceEqual(ids))
            {
                return all;
            }
        }
    }

    public ValueTask DisposeAsync() => _subscription.DisposeAsync();
}
