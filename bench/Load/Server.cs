using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Balancer;
using AkkaLb.Balancing;
using AkkaLb.BuiltInJobs;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Gate;
using AkkaLb.Core.Policies;
using AkkaLb.Messages;
using AkkaLb.Watching;
using AkkaLb.Worker;
using AkkaLb.WorkerNode;

namespace AkkaLb.Bench.Load;

/// <summary>The other process: a balancer with three registered workers, their gates, and two bare actors to compare them with.</summary>
internal static class Server
{
    public const string Verb = "serve";
    public const string EchoName = "echo";
    public const string BareWorkerName = "bare-worker";

    /// <summary>A request id that takes as many bytes as the next hundred million after it.</summary>
    public const long FirstRequestId = 100_000_000;

    private const string Dispatcher = "bench.instance-dispatcher";
    private const int Capacity = 64;

    /// <summary>Serves until standard input ends, which it also does when the process that started this one dies.</summary>
    public static async Task RunAsync()
    {
        // The instances' threads as WorkerHost gives them.
        var threads = BalancedWorkerOptions.Dispatcher(Dispatcher, Capacity);
        var system = (ExtendedActorSystem)ActorSystem.Create(
            SystemConfig.SystemName, threads.WithFallback(BuiltInSerializer.Binding).WithFallback(
                ConfigurationFactory.ParseString("akka.loglevel = ERROR")).WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));
        var address = system.Provider.DefaultAddress;
        var members = new Member[3];
        for (var i = 0; i < members.Length; i++)
        {
            var gate = system.ActorOf(
                WorkerGate.Props(Props.Create(() => new BareWorker()), new GateSettings(Capacity, Capacity), Dispatcher), $"worker-{i + 1}");
            members[i] = new Member(
                new WorkerRecord($"worker-{i + 1}", i + 1, gate.Path.ToSerializationFormatWithAddress(address), WorkerState.Up, Capacity, 1000,
                "0.1.0"), i + 1);
        }

        var balancer = system.ActorOf(
            BalancerActor.Props("b-1", ServiceRules.All(Policy.Of(Policy.RoundRobin), BalancerLimits.Default), new Random(1)),
            BalancerActor.ActorName);
        balancer.Tell(new Watched<Member>.Known(0, members));
        var assigned = await balancer.Ask<Assigned>(new Assign(FirstRequestId, 1, [], null, TimeSpan.FromSeconds(60)), TimeSpan.FromSeconds(10));
        var answer = new byte[SizeOf(system, new Assigned(assigned.RequestId, [new AssignedWorker(
            assigned.Workers[0].Worker, members[0].Worker.Path)], assigned.Policy))];
        system.ActorOf(Props.Create(() => new Echo(answer)), EchoName);
        system.ActorOf(Props.Create(() => new BareWorker()), BareWorkerName);

        Console.WriteLine($"ready server {address.Host}:{address.Port} {answer.Length}");
        await Console.In.ReadToEndAsync();
        await system.Terminate();
    }

    /// <summary>What a message weighs when it is sent, without Akka's envelope.</summary>
    public static int SizeOf(ExtendedActorSystem system, object message) =>
        Akka.Serialization.Serialization.WithTransport(
            system, (system, message), static x => x.system.Serialization.FindSerializerFor(x.message).ToBinary(x.message)).Length;

    /// <summary>Answers bytes with as many bytes as an <see cref="Assigned"/> has. The plainest actor there is.</summary>
    private sealed class Echo(byte[] answer) : UntypedActor
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
    private sealed class BareWorker : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is PrimesJob job)
            {
                Sender.Tell(new NumberResult(job.Below));
            }
        }
    }
}
