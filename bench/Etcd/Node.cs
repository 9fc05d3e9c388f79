using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Balancer;
using AkkaLb.Balancing;
using AkkaLb.Bench.Load;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Bench.Etcd;

/// <summary>A balancer program on etcd, and an actor system of ours that talks to it.</summary>
internal sealed class Node : IAsyncDisposable
{
    private Node(ChildProcess process, ActorSystem system, IActorRef balancer) => (Process, System, Balancer) = (process, system, balancer);

    public ChildProcess Process { get; }

    public ActorSystem System { get; }

    public IActorRef Balancer { get; }

    public static async Task<Node> StartAsync(string etcd, string policy)
    {
        var process = await ChildProcess.StartAsync("AkkaLb.Balancer.dll", "--policy", policy, "--port", "0", "--etcd", etcd);
        var system = ActorSystem.Create(
            SystemConfig.SystemName, ConfigurationFactory.ParseString("akka.loglevel = ERROR").WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));
        var balancer = await system.ActorSelection($"{process.Ready[2]}/user/{BalancerActor.ActorName}").ResolveOne(TimeSpan.FromSeconds(10));
        return new Node(process, system, balancer);
    }

    /// <summary>What a worker of this system would say of itself; nobody is behind the path.</summary>
    public WorkerRecord WorkerOf(string id, long incarnation) => new(
        id,
        incarnation,
        $"{((ExtendedActorSystem)System).Provider.DefaultAddress}/user/worker#{incarnation}",
        WorkerState.Up,
        64,
        1000,
        "0.1.0");

    /// <summary>Asks again and again until the balancer's table has so many members.</summary>
    /// <exception cref="TimeoutException">It has not got so many within two minutes.</exception>
    public async Task UntilMembersAsync(int count)
    {
        var start = Stopwatch.GetTimestamp();
        while (await MemberCountAsync() is var there && there != count)
        {
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromMinutes(2))
            {
                throw new TimeoutException($"the balancer's table has {there} members and not {count}");
            }

            await Task.Delay(1);
        }
    }

    private async Task<int> MemberCountAsync() =>
        (await Balancer.Ask<BalancerState>(new GetBalancerState(0, 0), TimeSpan.FromSeconds(30))).MemberCount;

    public async ValueTask DisposeAsync()
    {
        await System.Terminate();
        Process.Dispose();
    }
}
