using System.Globalization;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using AkkaLb.Balancing;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Remoting;
using AkkaLb.Worker;

namespace AkkaLb.Testing;

/// <summary>A balancer, workers and a client in one actor system, for tests of your own actors. Messages and replies are serialized as they would be
/// over the network.</summary>
/// <remarks>Needs no etcd, no files and no fixed port: tests may run side by side. Disposing it ends what it has started. Not thread-safe.</remarks>
public sealed class TestLoadBalancer : IAsyncDisposable
{
    private static readonly Config Quiet = ConfigurationFactory.ParseString("akka { loglevel = WARNING, stdout-loglevel = OFF }");

    private static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan KnownMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KnownPause = TimeSpan.FromMilliseconds(5);

    private readonly ActorSystem _system;
    private readonly bool _ownsSystem;
    private readonly UserMessages _messages;
    private readonly EmbeddedBalancer _balancer;
    private readonly List<BalancedWorker> _workers = [];
    private int _named;
    private bool _isDisposed;

    private TestLoadBalancer(ActorSystem system, bool ownsSystem, UserMessages messages, EmbeddedBalancer balancer)
    {
        (_system, _ownsSystem, _messages, _balancer) = (system, ownsSystem, messages, balancer);
        Client = BalancedClient.On(system, new BalancedClientOptions { Balancers = FixedBalancers.Own, Messages = messages });
    }

    /// <summary>What a TestKit's actor system needs, to be given to its constructor beside <c>messages.ToSetup()</c>: remoting at any free port of
    /// 127.0.0.1, and AkkaLb's serializer.</summary>
    public static Config Config { get; } = HostSystem.Needs.WithFallback(ConfigurationFactory.ParseString(
        """
        akka {
          actor.provider = remote
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        }
        """));

    /// <summary>Under which clients and workers of other actor systems of this machine find the balancer.</summary>
    public Address Address => _balancer.Address;

    /// <summary>Sends jobs to the workers.</summary>
    public BalancedClient Client { get; }

    /// <summary>Starts a balancer and a client in an actor system of their own.</summary>
    /// <param name="messages">Your message types and their short names; null: none, yours are bound to serializers otherwise.</param>
    /// <param name="policy">One of <c>Policy.Names</c>.</param>
    /// <param name="config">Goes over the configuration of the actor system; null: nothing does.</param>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public static Task<TestLoadBalancer> StartAsync(UserMessages? messages = null, string policy = "round-robin", Config? config = null)
    {
        var all = (config ?? Config.Empty).WithFallback(Config).WithFallback(Quiet);
        var system = ActorSystem.Create(
            "Test", ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(all), (messages ?? UserMessages.None).ToSetup()));
        return StartAsync(system, ownsSystem: true, messages, policy);
    }

    /// <summary>Starts a balancer and a client in the actor system of a TestKit, which was created with <see cref="Config"/>.</summary>
    /// <param name="system">It lives on when this is disposed.</param>
    /// <exception cref="ArgumentException">There is no such policy, or the system lacks something; all of it is named.</exception>
    /// <inheritdoc cref="StartAsync(UserMessages, string, Config)"/>
    public static Task<TestLoadBalancer> StartAsync(ActorSystem system, UserMessages? messages = null, string policy = "round-robin") =>
        StartAsync(system, ownsSystem: false, messages, policy);

    /// <summary>Adds a worker, and waits until the balancer knows it.</summary>
    /// <param name="actor">Yours; it gets a client's messages and replies to Sender.</param>
    /// <param name="id">Its name; null: <c>worker-1</c>, <c>worker-2</c> and so on.</param>
    /// <param name="configure">Changes the options; null: one instance of the actor does one job after the other, so that what it keeps in its fields
    /// is seen by all jobs.</param>
    /// <returns>Dispose it to see a worker leave.</returns>
    /// <exception cref="WorkerStartException">It cannot do jobs.</exception>
    /// <exception cref="TimeoutException">The balancer does not know it after 10 s.</exception>
    public async Task<BalancedWorker> AddWorkerAsync(
        Props actor, string? id = null, Func<BalancedWorkerOptions, BalancedWorkerOptions>? configure = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        id ??= string.Create(CultureInfo.InvariantCulture, $"worker-{++_named}");
        var options = new BalancedWorkerOptions
        {
            Id = id,
            Balancers = FixedBalancers.Own,
            Messages = _messages,
            Gate = new(capacity: 64, instances: 1),
            DrainTimeout = TimeSpan.FromSeconds(1),
            RejectLinger = TimeSpan.Zero,
        };
        options = options with { Registration = options.Registration with { Wait = ReadyMax } };
        options = configure?.Invoke(options) ?? options;
        options = options with { GateName = $"{SerializedActorPath.Gate}-{options.Service}.{options.Id}" };
        var worker = await BalancedWorker.StartAsync(_system, actor, options).ConfigureAwait(false);
        _workers.Add(worker);
        await UntilKnownAsync(worker.Key).ConfigureAwait(false);
        return worker;
    }

    /// <summary>Ends client, workers, balancer, and the actor system when it is this one's own.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await Client.DisposeAsync().ConfigureAwait(false);
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync().ConfigureAwait(false);
        }

        await _balancer.DisposeAsync().ConfigureAwait(false);
        if (_ownsSystem)
        {
            await _system.Terminate().ConfigureAwait(false);
        }
    }

    private async Task UntilKnownAsync(WorkerKey worker)
    {
        using var bound = new CancellationTokenSource(KnownMax, TimeProvider.System);
        try
        {
            while (true)
            {
                var report = await Client.InspectAsync(Address, KnownMax, bound.Token).ConfigureAwait(false);
                if (report.Services.Select(service => service.Value).Append(report.Balancer).Any(state => state.Members.Any(m => m.Worker == worker)))
                {
                    return;
                }

                await Task.Delay(KnownPause, TimeProvider.System, bound.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or AskTimeoutException)
        {
            throw new TimeoutException($"the balancer does not know the worker {worker.Id} after {KnownMax.TotalSeconds:0} s", e);
        }
    }

    private static async Task<TestLoadBalancer> StartAsync(ActorSystem system, bool ownsSystem, UserMessages? messages, string policy)
    {
        try
        {
            var balancer = await EmbeddedBalancer.StartAsync(system, EmbeddedBalancerOptions.With(policy)).ConfigureAwait(false);
            try
            {
                return new TestLoadBalancer(system, ownsSystem, messages ?? UserMessages.None, balancer);
            }
            catch
            {
                await balancer.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch when (ownsSystem)
        {
            await system.Terminate().ConfigureAwait(false);
            throw;
        }
    }
}
