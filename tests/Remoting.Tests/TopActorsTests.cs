using Akka.Actor;
using AkkaLb.Remoting;
using AkkaLb.Tests.Support;

namespace AkkaLb.Remoting.Tests;

public class TopActorsTests : VirtualTimeKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("stop itself", "nothing in this process says why")]
    [InlineData("be poisoned", "nothing in this process says why")]
    [InlineData("be killed", "its last failure was ActorKilledException: Kill")]
    public async Task The_end_of_one_top_level_actor_is_told_by_its_name(string how, string why)
    {
        var top = TopActors.Of(Sys);
        var actor = top.Start(Props.Create(() => new Host()), "one");
        top.Start(Props.Create(() => new Host()), "other");
        actor.Tell(how switch
        {
            "be poisoned" => PoisonPill.Instance,
            "be killed" => Kill.Instance,
            _ => "stop",
        });
        Assert.Equal(
            $"the actor /user/one has ended, and this program does nothing useful without it; {why}", await top.Ended.WaitAsync(Patience));
    }

    [Fact]
    public async Task An_actor_that_cannot_be_created_has_ended_and_the_true_cause_is_named()
    {
        var top = TopActors.Of(Sys);
        top.Start(Props.Create(() => new Unbuildable()), "one");
        Assert.EndsWith("its last failure was InvalidOperationException: no database", await top.Ended.WaitAsync(Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_actor_that_is_restarted_has_not_ended()
    {
        var top = TopActors.Of(Sys);
        var actor = top.Start(Props.Create(() => new Host()), "one");
        actor.Tell(new InvalidOperationException("a bug"));
        await Settled(actor);
        Assert.False(top.Ended.IsCompleted);
        Sys.Stop(actor);
        Assert.EndsWith("its last failure was InvalidOperationException: a bug", await top.Ended.WaitAsync(Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Those_that_are_stopped_here_are_no_news_and_their_names_are_free_then()
    {
        for (var life = 0; life < 20; life++)
        {
            var part = TopActors.For((ExtendedActorSystem)Sys, "this part");
            part.Start(Props.Create(() => new Host()), "one");
            await part.StopAllAsync().WaitAsync(Patience);
            Assert.False(part.Ended.IsCompleted);
        }

        var top = TopActors.For((ExtendedActorSystem)Sys, "this part");
        top.Start(Props.Create(() => new Host()), "one").Tell(PoisonPill.Instance);
        Assert.StartsWith("the actor /user/one has ended, and this part does", await top.Ended.WaitAsync(Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_the_whole_system_is_not_told()
    {
        var top = TopActors.Of(Sys);
        top.Start(Props.Create(() => new Host()), "one");
        await Sys.Terminate();
        Assert.False(top.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_last_request_to_an_actor_that_has_ended_or_ends_meanwhile_is_not_waited_for()
    {
        var actor = TopActors.Of(Sys).Start(Props.Create(() => new Host()), "one");
        var asked = TopActors.AskLastAsync(actor, "nothing answers this", TimeSpan.FromDays(1));
        Sys.Stop(actor);
        await asked.WaitAsync(Patience);
        await TopActors.AskLastAsync(actor, "nothing answers this", TimeSpan.FromDays(1)).WaitAsync(Patience);
    }

    private sealed class Host : ReceiveActor
    {
        public Host()
        {
            Receive<Exception>(e => throw e);
            Receive<string>(m => m == "stop", _ => Context.Stop(Self));
            ReceiveAny(_ => { });
        }
    }

    private sealed class Unbuildable : ReceiveActor
    {
        public Unbuildable() => throw new InvalidOperationException("no database");
    }
}
