using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.TestKit.Xunit2;
using AkkaLb.Client;
using AkkaLb.Testing;
using static AkkaLb.Hosting.Tests.Shop;

namespace AkkaLb.Hosting.Tests;

public sealed class TestLoadBalancerTests() : TestKit(
    ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(TestLoadBalancer.Config), Shop.Messages.ToSetup()))
{
    private static readonly Props Actor = Props.Create(() => new Till(new PriceList()));

    [Fact]
    public async Task An_actor_is_tested_as_a_worker_in_a_few_lines()
    {
        await using var lb = await TestLoadBalancer.StartAsync(Shop.Messages);
        await lb.AddWorkerAsync(Actor);
        Assert.Equal(new Costs("milk", 4, nameof(Till)), await lb.Client.AskAsync<Costs>(new PriceOf("milk")));
    }

    [Fact]
    public async Task Several_workers_take_turns_and_one_that_has_left_gets_nothing_more()
    {
        await using var lb = await TestLoadBalancer.StartAsync(Shop.Messages);
        var first = await lb.AddWorkerAsync(Actor);
        await lb.AddWorkerAsync(Actor);
        Assert.Equal(2, (await WorkersAsync()).Distinct().Count());
        await first.DisposeAsync();
        Assert.Equal(["worker-2"], (await WorkersAsync()).Distinct());

        async Task<List<string>> WorkersAsync()
        {
            var workers = new List<string>();
            for (var i = 0; i < 10; i++)
            {
                var run = await lb.Client.RunAsync(new PriceOf("milk"), new JobOptions { IsIdempotent = true });
                workers.Add(Assert.IsType<Core.Clients.JobOutcome.Done>(run.Outcome).Worker.Id);
            }

            return workers;
        }
    }

    [Fact]
    public async Task In_the_system_of_a_TestKit_probes_and_workers_live_together()
    {
        await using (var lb = await TestLoadBalancer.StartAsync(Sys, Shop.Messages))
        {
            var probe = CreateTestProbe();
            await lb.AddWorkerAsync(Props.Create(() => new Telling(probe)));
            var answer = lb.Client.AskAsync<Costs>(new PriceOf("tea"));
            Assert.Equal(new PriceOf("tea"), probe.ExpectMsg<PriceOf>(TimeSpan.FromSeconds(30)));
            probe.Reply(new Costs("tea", 7, "probe"));
            Assert.Equal(new Costs("tea", 7, "probe"), await answer);
        }

        Assert.False(Sys.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task A_message_that_could_not_travel_fails()
    {
        await using var lb = await TestLoadBalancer.StartAsync(Shop.Messages);
        await lb.AddWorkerAsync(Actor);
        await Assert.ThrowsAsync<SerializationException>(() => lb.Client.AskAsync<Costs>(new Unlisted(Shop.Messages)));
    }

    [Fact]
    public async Task A_policy_that_there_is_not_is_named() => Assert.StartsWith(
        "unknown policy \"fastest\"; choose one of round-robin,",
        (await Assert.ThrowsAsync<ArgumentException>(() => TestLoadBalancer.StartAsync(policy: "fastest"))).Message, StringComparison.Ordinal);

    private sealed record Unlisted(object What);

    /// <summary>Hands each message to a probe, which replies to the sender.</summary>
    private sealed class Telling : ReceiveActor
    {
        public Telling(IActorRef probe) => ReceiveAny(m => probe.Forward(m));
    }
}
