using System.Collections.Concurrent;
using Akka.Actor;
using AkkaLb.Balancer;
using AkkaLb.Balancing;
using AkkaLb.BuiltInJobs;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clients;
using AkkaLb.Core.Policies;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Registry.Embedded;
using AkkaLb.Samples.GreeterWorker;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios.Cluster;

/// <summary>A balancer, workers and clients in this process, each an actor system of its own, over real loopback sockets and in real time.</summary>
public sealed class LoopbackCluster : IAsyncDisposable
{
    /// <summary>The bound of every wait. None comes near it unless something is wrong.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ITestOutputHelper _output;
    private readonly string _policy;
    private readonly Observed<string> _log = new("the log", "");
    private readonly Observed<Tables> _status = new("the balancer's status", Tables.Empty);
    private readonly ConcurrentBag<IAsyncDisposable> _clients = [];
    private readonly ConcurrentBag<LoopbackWorker> _workers = [];
    // Each registry draws its lease ids from a seed of its own: with the same one a restarted registry would hand out the ids of its predecessor.
    private ExtendedActorSystem _balancer;
    private long _incarnations;

    private LoopbackCluster(string policy, ITestOutputHelper output)
    {
        (_policy, _output) = (policy, output);
        _balancer = StartBalancer(0);
        BalancerAddress = _balancer.Provider.DefaultAddress;
    }

    public static UserMessages Messages { get; } = new(
        [new("do", typeof(Do)), new("did", typeof(Did)), new("greet", typeof(Greet)), new("greeting", typeof(Greeting))]);

    public Stage Stage { get; } = new();

    public Address BalancerAddress { get; }

    /// <summary>What all nodes have logged.</summary>
    public Observed<string> Log => _log;

    /// <summary>The balancer's tables after the last change of membership.</summary>
    public Observed<Tables> Status => _status;

    public static LoopbackCluster Start(ITestOutputHelper output, string policy = Policy.RoundRobin) => new(policy, output);

    /// <summary>Starts a worker and waits until the balancer may pick it.</summary>
    public async Task<LoopbackWorker> AddWorkerAsync(string id, WorkerOptions? options = null)
    {
        var draft = new WorkerRecord(
            id, Interlocked.Increment(ref _incarnations), "", WorkerState.Up, options?.Capacity ?? 64,
            (int)LoopbackWorker.Heartbeat.TotalMilliseconds, "scenario", TakesCancel: true);
        var worker = LoopbackWorker.Start(draft, Stage, _log, Messages, BalancerAddress, options ?? new WorkerOptions());
        _workers.Add(worker);
        await _status.UntilAsync(s => s.Eligible.Contains(id));
        return worker;
    }

    /// <summary>Makes a client with a system of its own, linked to the balancer.</summary>
    public async Task<BalancedClient> ConnectAsync(ClientSettings? settings = null)
    {
        var client = await BalancedClient.ConnectAsync(Options(settings));
        _clients.Add(client);
        return client;
    }

    /// <summary>Makes a client on a system that the test may use besides.</summary>
    public async Task<(BalancedClient Client, ActorSystem System)> ConnectOnAsync()
    {
        var system = Nodes.Start("client", _log, Messages);
        var client = BalancedClient.On(system, Options(null));
        _clients.Add(new ClientOn(client, system));
        await client.WaitForBalancerAsync(Patience);
        return (client, system);
    }

    public Task UntilEligibleAsync(params string[] ids) => _status.UntilAsync(s => s.Eligible.SequenceEqual(ids));

    /// <summary>Ends the balancer, and with it the embedded registry.</summary>
    public Task StopBalancerAsync() => _balancer.Terminate();

    /// <summary>Starts another at the same port.</summary>
    public void StartBalancerAgain()
    {
        _status.Update(_ => Tables.Empty);
        _balancer = StartBalancer(BalancerAddress.Port!.Value);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_clients.Select(c => c.DisposeAsync().AsTask()));
        await Task.WhenAll(_workers.Select(w => w.DisposeAsync().AsTask()).Append(_balancer.Terminate()));
        _output.WriteLine(_log.Value);
    }

    private BalancedClientOptions Options(ClientSettings? settings) =>
        BalancedClientOptions.To($"{BalancerAddress.Host}:{BalancerAddress.Port}") with
        {
            Messages = Messages, Settings = settings ?? ClientSettings.Default,
            AkkaConfig = Nodes.HastyDeathWatch.WithFallback(BuiltInSerializer.Binding),
        };

    private ExtendedActorSystem StartBalancer(int port)
    {
        var system = Nodes.Start("balancer", _log, UserMessages.None, port);
        var registry = system.ActorOf(EmbeddedRegistryActor.Props(), EmbeddedRegistryActor.ActorName);
        var balancer = system.ActorOf(
            BalancerActor.Props("balancer", ServiceRules.All(Policy.Of(_policy), BalancerLimits.Default), new Random(1)),
            BalancerActor.ActorName);
        var tap = system.ActorOf(Props.Create(() => new Tap(balancer, _status)));
        system.ActorOf(EtcdWatcherActor.Props(new EmbeddedRegistry(system, registry, TimeSpan.FromSeconds(2)), tap), EtcdWatcherActor.ActorName);
        return system;
    }

    /// <summary>What the balancer has in its tables.</summary>
    /// <param name="Eligible">Ids of the workers that are up, in registration order.</param>
    public sealed record Tables(int MemberCount, IReadOnlyList<string> Eligible)
    {
        public static Tables Empty { get; } = new(0, []);
    }

    /// <summary>Between watcher and balancer: passes on what the one tells the other, and shows what became of it.</summary>
    private sealed class Tap : ReceiveActor
    {
        public Tap(IActorRef balancer, Observed<Tables> status)
        {
            Receive<BalancerState>(m => status.Update(_ => new Tables(
                m.MemberCount, [.. m.Members.Where(w => w.State == WorkerState.Up).Select(w => w.Worker.Id)])));
            ReceiveAny(m =>
            {
                balancer.Forward(m);
                balancer.Tell(new GetBalancerState(0, GetBalancerState.CountMax));
            });
        }
    }

    private sealed class ClientOn(BalancedClient client, ActorSystem system) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await client.DisposeAsync();
            await system.Terminate();
        }
    }
}
