using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using AkkaLb.Balancing;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clients;
using AkkaLb.Core.Gate;
using AkkaLb.Core.Policies;
using AkkaLb.Messages;
using AkkaLb.Watching;
using AkkaLb.Worker;

namespace AkkaLb.Bench.Speed;

/// <summary>The two processes of AkkaLb and of bare Akka.Remote: a balancer with three registered workers, their gates and two bare actors, and
/// whoever asks them.</summary>
internal static class Node
{
    public const string DotNetty = "dotnetty";
    public const string Pipelines = "pipelines";

    /// <summary>Calls that can be made, see <see cref="Contenders"/>.</summary>
    public const string AskCall = "ask";

    public const string BareJobCall = "bare-job";
    public const string AssignCall = "assign";
    public const string Assign100Call = "assign-100";
    public const string JobCall = "job";

    /// <summary>Each job is asked for when it is there.</summary>
    public const string AskedJobCall = "asked-job";

    private const string Echo = "echo";
    private const string BareWorker = "bare-worker";
    private const string Dispatcher = "bench.instance-dispatcher";
    private const int Capacity = 64;

    /// <summary>A request id that takes as many bytes as the next hundred million after it.</summary>
    private const long FirstRequestId = 100_000_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Serves until standard input ends, which it also does when the process that started this one dies.</summary>
    public static async Task ServeAsync(string transport)
    {
        // The instances' threads as WorkerHost gives them.
        var system = Start(transport, BalancedWorkerOptions.Dispatcher(Dispatcher, Capacity));
        var address = system.Provider.DefaultAddress;
        var members = new Member[3];
        for (var i = 0; i < members.Length; i++)
        {
            var gate = system.ActorOf(
                WorkerGate.Props(Props.Create(() => new Answering()), new GateSettings(Capacity, Capacity), Dispatcher), $"worker-{i + 1}");
            members[i] = new Member(
                new WorkerRecord($"worker-{i + 1}", i + 1, gate.Path.ToSerializationFormatWithAddress(address), WorkerState.Up, Capacity, 1000,
                "0.1.0"), i + 1);
        }

        var balancer = system.ActorOf(
            BalancerActor.Props("b-1", ServiceRules.All(Policy.Of(Policy.RoundRobin), BalancerLimits.Default), new Random(1)),
            BalancerActor.ActorName);
        balancer.Tell(new Watched<Member>.Known(0, members));
        var assigned = await balancer.Ask<Assigned>(new Assign(FirstRequestId, 1, [], null, TimeSpan.FromSeconds(60)), Patience);
        var answer = new byte[SizeOf(system, new Assigned(assigned.RequestId, [new AssignedWorker(
            assigned.Workers[0].Worker, members[0].Worker.Path)], assigned.Policy))];
        system.ActorOf(Props.Create(() => new Echoing(answer)), Echo);
        system.ActorOf(Props.Create(() => new Answering()), BareWorker);
        Console.WriteLine($"ready server {address.Host}:{address.Port}");
        await Console.In.ReadToEndAsync();
        await system.Terminate();
    }

    /// <summary>Asks by every call that there is, as its standard input says; see <see cref="Driver"/>.</summary>
    /// <param name="server">Host and port of the other process.</param>
    public static async Task DriveAsync(string transport, string server)
    {
        var system = Start(transport, Config.Empty);
        var (balancer, echo, bare) = (await FindAsync(BalancerActor.ActorName), await FindAsync(Echo), await FindAsync(BareWorker));
        var requestId = FirstRequestId;
        var remaining = TimeSpan.FromSeconds(60);
        var question = new byte[SizeOf(system, new Assign(requestId, 1, [], null, remaining))];
        await using var client = BalancedClient.On(system, BalancedClientOptions.To(server));
        await using var asking = BalancedClient.On(
            system, BalancedClientOptions.To(server) with { Settings = ClientSettings.Default with { PicksAheadMax = 0 } });
        await client.WaitForBalancerAsync(Patience);
        await asking.WaitForBalancerAsync(Patience);
        var once = new JobOptions { IsIdempotent = true };
        var job = new Work();
        await Driver.RunAsync(new Dictionary<string, Func<Task<int>>>
        {
            [AskCall] = async () => await echo.Ask<object>(question) is byte[] ? 1 : throw new InvalidDataException("no bytes"),
            [BareJobCall] = async () => await bare.Ask<object>(job) is Work ? 1 : throw new InvalidDataException("no answer"),
            [AssignCall] = () => AssignAsync(1),
            [Assign100Call] = () => AssignAsync(100),
            [JobCall] = () => JobAsync(client),
            [AskedJobCall] = () => JobAsync(asking),
        });
        await system.Terminate();

        async Task<int> JobAsync(BalancedClient of) =>
            await of.AskAsync<Work>(job, once) is not null ? 1 : throw new InvalidDataException("no answer");

        async Task<int> AssignAsync(int count) => await balancer.Ask<object>(
            new Assign(Interlocked.Increment(ref requestId), count, [], null, remaining)) is Assigned ? count
            : throw new InvalidDataException("nothing was assigned");

        // A complete reference, with uid, as a client's balancer link gets it.
        Task<IActorRef> FindAsync(string name) => system
            .ActorSelection(new RootActorPath(Address.Parse($"akka.tcp://{SystemConfig.SystemName}@{server}")) / "user" / name)
            .ResolveOne(Patience);
    }

    private static ExtendedActorSystem Start(string transport, Config more)
    {
        var config = ConfigurationFactory.ParseString($$"""
            akka.loglevel = ERROR
            akka.remote.dot-netty.tcp.transport-class = "{{(transport == DotNetty
                ? "Akka.Remote.Transport.DotNetty.TcpTransport, Akka.Remote"
                : "AkkaLb.Transport.Pipelines.PipelinesTransport, AkkaLb.Transport.Pipelines")}}"
            """).WithFallback(SystemConfig.Remoting("127.0.0.1", 0));
        return (ExtendedActorSystem)ActorSystem.Create(
            SystemConfig.SystemName,
            BootstrapSetup.Create().WithConfig(more.IsEmpty ? config : more.WithFallback(config))
                .And(new UserMessages([new("speed.work", typeof(Work))]).ToSetup()));
    }

    /// <summary>What a message weighs when it is sent, without Akka's envelope.</summary>
    private static int SizeOf(ExtendedActorSystem system, object message) =>
        Akka.Serialization.Serialization.WithTransport(
            system, (system, message), static x => x.system.Serialization.FindSerializerFor(x.message).ToBinary(x.message)).Length;

    internal sealed record Work;

    /// <summary>Answers bytes with as many bytes as an <see cref="Assigned"/> has. The plainest actor there is.</summary>
    private sealed class Echoing(byte[] answer) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is byte[])
            {
                Sender.Tell(answer);
            }
        }
    }

    /// <summary>Does nothing for a job but answer it.</summary>
    private sealed class Answering : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Work)
            {
                Sender.Tell(message);
            }
        }
    }
}
