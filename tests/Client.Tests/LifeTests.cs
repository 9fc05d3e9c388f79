using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.TestActors;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Remoting;
using AkkaLb.Tests.Support;

namespace AkkaLb.Client.Tests;

/// <summary>A client's beginning and end, and what it refuses.</summary>
public class LifeTests : ClientKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly Config Quiet = ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }");

    public static TheoryData<TimeSpan> Unfit =>
    [
        TimeSpan.Zero,
        TimeSpan.FromTicks(-1),
        TimeSpan.FromSeconds(-5),
        TimeSpan.MinValue,
        TimeSpan.MaxValue,
        BalancedClient.TimeoutMax + TimeSpan.FromTicks(1),
    ];

    [Fact]
    public void Disposing_needs_nothing_of_the_callers_synchronization_context() => RunWhereNothingIsPosted(() =>
    {
        var client = BalancedClient.On(Sys, new BalancedClientOptions { Balancers = new FixedBalancers([]) });
        client.DisposeAsync().AsTask().GetAwaiter().GetResult();
    });

    [Fact]
    public void Inspecting_needs_nothing_of_the_callers_synchronization_context() => RunWhereNothingIsPosted(() =>
    {
        var nobody = new Address("akka.tcp", "AkkaLb", "127.0.0.1", 1);
        Assert.ThrowsAny<Exception>(() => Client.InspectAsync(nobody, TimeSpan.FromMilliseconds(50)).GetAwaiter().GetResult());
    });

    [Fact]
    public async Task After_disposing_nobody_waits_for_a_balancer_and_those_that_waited_are_told()
    {
        var client = BalancedClient.On(Sys, new BalancedClientOptions { Balancers = new FixedBalancers([]) });
        var waiting = client.WaitForBalancerAsync(Timeout.InfiniteTimeSpan);
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.WaitForBalancerAsync(Timeout.InfiniteTimeSpan).WaitAsync(Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.InspectAsync(((ExtendedActorSystem)Sys).Provider.DefaultAddress, Patience));
    }

    [Fact]
    public async Task Disposing_a_client_on_the_system_of_a_program_is_no_end_of_the_program()
    {
        var top = TopActors.Of(Sys);
        await BalancedClient.On(Sys, new BalancedClientOptions { Balancers = new FixedBalancers([]) }).DisposeAsync();
        var needed = top.Start(Props.Create<BlackHoleActor>(), "needed");
        Sys.Stop(needed);
        Assert.StartsWith("the actor /user/needed has ended", await top.Ended.WaitAsync(Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_application_ends_its_own_system_nobody_waits_for_ever()
    {
        var client = BalancedClient.On(Sys, new BalancedClientOptions { Balancers = new FixedBalancers([]) });
        var waiting = client.WaitForBalancerAsync(Timeout.InfiniteTimeSpan);
        await Sys.Terminate();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Patience));
        Assert.Empty(await client.InFlightAsync().WaitAsync(Patience));
    }

    [Theory]
    [MemberData(nameof(Unfit))]
    public async Task A_time_out_that_is_none_is_refused(TimeSpan timeout)
    {
        var address = ((ExtendedActorSystem)Sys).Provider.DefaultAddress;
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.WaitForBalancerAsync(timeout));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.InspectAsync(address, timeout));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => BalancedClient.ConnectAsync(BalancedClientOptions.To("127.0.0.1:1") with { ConnectTimeout = timeout }));
    }

    [Fact]
    public async Task What_cannot_last_for_ever_refuses_an_infinite_time_out()
    {
        var address = ((ExtendedActorSystem)Sys).Provider.DefaultAddress;
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.InspectAsync(address, Timeout.InfiniteTimeSpan));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.AssignAsync(1, Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public async Task A_null_message_is_refused_where_it_is_given()
    {
        await Assert.ThrowsAsync<ArgumentNullException>(() => Client.AskAsync<object>(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Client.RunAsync(null!));
    }

    [Fact]
    public async Task A_port_in_use_is_one_clear_exception()
    {
        var port = ((ExtendedActorSystem)Sys).Provider.DefaultAddress.Port!.Value;
        var e = await Assert.ThrowsAsync<CannotListenException>(
            () => BalancedClient.ConnectAsync(BalancedClientOptions.To("127.0.0.1:1") with { Port = port }));
        Assert.Equal($"port {port} at 127.0.0.1 is in use: give another port, or 0 for any free one", e.Message);
    }

    [Fact]
    public async Task A_system_that_cannot_carry_a_client_is_refused_with_everything_that_it_lacks()
    {
        var system = ActorSystem.Create("Plain", Quiet);
        try
        {
            var options = new BalancedClientOptions
            {
                Balancers = new FixedBalancers([]),
                Contact = BalancerContact.Receptionist,
                Messages = new UserMessages([new("note", typeof(Note))]),
            };
            var e = Assert.Throws<ArgumentException>(() => BalancedClient.On(system, options));
            Assert.All(
                ["remoting", "HostSystem.Needs", "Messages.ToSetup()", "ClusterConfig.ClientDefaults"],
                lack => Assert.Contains(lack, e.Message, StringComparison.Ordinal));
        }
        finally
        {
            await system.Terminate();
        }
    }

    [Fact]
    public async Task On_an_applications_system_a_client_does_its_jobs_and_the_applications_own_messages_travel_as_before()
    {
        var config = HostSystem.Needs.WithFallback(Quiet).WithFallback(ConfigurationFactory.ParseString(
            "akka { actor.provider = remote, remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 } }"));
        var (here, there) = (ActorSystem.Create("Shop", config), ActorSystem.Create("Shop", config));
        try
        {
            there.ActorOf(Props.Create(() => new Echo()), "echo");
            await using var client = BalancedClient.On(
                here, new BalancedClientOptions { Balancers = new FixedBalancers([((ExtendedActorSystem)Sys).Provider.DefaultAddress]) });
            var echo = here.ActorSelection(new RootActorPath(((ExtendedActorSystem)there).Provider.DefaultAddress) / "user" / "echo");
            Assert.Equal(new Note("own", 7), await echo.Ask<Note>(new Note("own", 7), Patience));

            var run = client.RunAsync("job");
            var gate = CreateTestProbe();
            Answer(ExpectAssign(), A, Sys.ActorOf(Props.Create(() => new Relay(gate)), "worker"));
            Done(gate.ExpectMsg<Job>(Patience), 5);
            Assert.IsType<Core.Clients.JobOutcome.Done>((await run.WaitAsync(Patience)).Outcome);
        }
        finally
        {
            await Task.WhenAll(here.Terminate(), there.Terminate());
        }
    }

    private static void RunWhereNothingIsPosted(Action run)
    {
        Exception? problem = null;
        var thread = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new Dead());
            problem = Record.Exception(run);
        }) { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(Patience), "it waits for the context of the thread that it blocks");
        Assert.Null(problem);
    }

    private sealed record Note(string Text, int Number);

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(m => Sender.Tell(m));
    }

    private sealed class Dead : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }

        public override void Send(SendOrPostCallback d, object? state)
        {
        }
    }
}
