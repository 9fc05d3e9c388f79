using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Hosting;
using AkkaLb.Client;
using AkkaLb.Remoting;
using AkkaLb.Samples.GreeterWorker;
using AkkaLb.Scenarios.Cluster;
using AkkaLb.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios;

/// <summary>A client inside an application that has a cluster, a name, messages and a host of its own.</summary>
public sealed class ApplicationScenarios(ITestOutputHelper output) : Scenario(output)
{
    private static readonly Config OwnCluster = ConfigurationFactory.ParseString(
        """
        akka {
          actor.provider = cluster
          loglevel = OFF
          stdout-loglevel = OFF
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        }
        """);

    [Fact]
    public async Task In_a_cluster_application_a_client_does_its_jobs_and_the_applications_own_records_keep_travelling()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Actor = Props.Create<Greeter>() });
        using var first = await StartAsync();
        using var second = await StartAsync();
        var (here, there) = (SystemOf(first), SystemOf(second));
        await JoinAsync(here, there);
        there.ActorOf(Props.Create(() => new Till()), "till");
        var till = await here.ActorSelection(new RootActorPath(Member(there).SelfAddress) / "user" / "till").ResolveOne(LoopbackCluster.Patience);
        var order = new Order("ada", [new Line("tea", 2, 3.5m), new Line("milk", 1, 0.9m)]);
        Assert.Equal(7.9m, (await till.Ask<Receipt>(order, LoopbackCluster.Patience)).Total);

        await using (var client = BalancedClient.On(here, BalancedClientOptions.To(
            $"{Cluster.BalancerAddress.Host}:{Cluster.BalancerAddress.Port}") with { Messages = LoopbackCluster.Messages }))
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(new Greeting($"Hello, {i}!"), await client.AskAsync<Greeting>(new Greet($"{i}"), Once));
                Assert.Equal(7.9m, (await till.Ask<Receipt>(order, LoopbackCluster.Patience)).Total);
            }
        }

        // The application lives on without its client.
        Assert.Equal(7.9m, (await till.Ask<Receipt>(order, LoopbackCluster.Patience)).Total);
        Assert.False(here.WhenTerminated.IsCompleted);
        Assert.All(Member(here).State.Members, member => Assert.Equal(MemberStatus.Up, member.Status));
        await Task.WhenAll(first.StopAsync(), second.StopAsync());
    }

    [Fact]
    public async Task In_a_cluster_application_an_actor_of_its_own_is_a_worker_and_can_be_one_again()
    {
        using var first = await StartAsync();
        using var second = await StartAsync();
        var (here, there) = (SystemOf(first), SystemOf(second));
        await JoinAsync(here, there);
        var balancer = $"{Cluster.BalancerAddress.Host}:{Cluster.BalancerAddress.Port}";
        await using var client = BalancedClient.On(here, BalancedClientOptions.To(balancer) with { Messages = LoopbackCluster.Messages });
        for (var life = 0; life < 2; life++)
        {
            await using var worker = await BalancedWorker.StartAsync(there, Props.Create<Greeter>(), BalancedWorkerOptions.To("greeter-1", balancer));
            await Assert.ThrowsAsync<InvalidOperationException>(
                () => BalancedWorker.StartAsync(there, Props.Create<Greeter>(), BalancedWorkerOptions.To("greeter-2", balancer)));
            for (var i = 0; i < 10; i++)
            {
                Assert.Equal(new Greeting($"Hello, {i}!"), await client.AskAsync<Greeting>(new Greet($"{i}"), Once));
            }

            if (life == 0)
            {
                there.ActorSelection($"/user/{"worker"}").Tell(PoisonPill.Instance);
                Assert.StartsWith(
                    "the actor /user/worker has ended, and this worker does nothing useful without it",
                    await worker.Ended.WaitAsync(LoopbackCluster.Patience), StringComparison.Ordinal);
            }
        }

        // The application lives on without its worker.
        Assert.False(there.WhenTerminated.IsCompleted);
        Assert.All(Member(here).State.Members, member => Assert.Equal(MemberStatus.Up, member.Status));
        await Task.WhenAll(first.StopAsync(), second.StopAsync());
    }

    [Fact]
    public async Task A_start_that_is_cancelled_leaves_nothing_behind_and_a_worker_may_be_disposed_twice()
    {
        using var application = await StartAsync();
        var system = SystemOf(application);
        using var stop = new CancellationTokenSource();
        var starting = BalancedWorker.StartAsync(system, Props.Create<Greeter>(), BalancedWorkerOptions.To("greeter", "127.0.0.1:1"), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);

        var options = BalancedWorkerOptions.To("greeter", $"{Cluster.BalancerAddress.Host}:{Cluster.BalancerAddress.Port}");
        await using var worker = await BalancedWorker.StartAsync(system, Props.Create<Greeter>(), options);
        await worker.DisposeAsync();
        await worker.DisposeAsync();
        Assert.Null(await worker.Ended.WaitAsync(LoopbackCluster.Patience));
    }

    private static async Task<IHost> StartAsync()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddAkka("Shop", akka => akka
            .AddHocon(HostSystem.Needs.WithFallback(OwnCluster), HoconAddMode.Prepend)
            .AddSetup(LoopbackCluster.Messages.ToSetup()));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task JoinAsync(ActorSystem first, ActorSystem second)
    {
        using var bound = new CancellationTokenSource(LoopbackCluster.Patience);
        await Member(first).JoinAsync(Member(first).SelfAddress, bound.Token);
        await Member(second).JoinAsync(Member(first).SelfAddress, bound.Token);
    }

    private static ActorSystem SystemOf(IHost host) => host.Services.GetRequiredService<ActorSystem>();

    private static Akka.Cluster.Cluster Member(ActorSystem system) => Akka.Cluster.Cluster.Get(system);

    private sealed class Till : ReceiveActor
    {
        public Till() => Receive<Order>(m => Sender.Tell(new Receipt(m.Customer, m.Lines.Sum(l => l.Count * l.Price))));
    }

    private sealed record Order(string Customer, Line[] Lines);

    private sealed record Line(string Name, int Count, decimal Price);

    private sealed record Receipt(string Customer, decimal Total);
}
