using Akka.Actor;
using Akka.TestKit;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clusters;
using AkkaLb.Messages;
using AkkaLb.Tests.Support;
using AkkaLb.Watching;

namespace AkkaLb.Balancer.Tests;

/// <summary>The test is the proxy, the asker, and whatever is registered with the receptionist.</summary>
public sealed class BalancerFrontTests : VirtualTimeKit
{
    private static readonly Assign Question = new(7, 1, [], null, TimeSpan.FromSeconds(1));

    private readonly TestProbe _proxy;
    private readonly TestProbe _watcher;
    private readonly List<IActorRef> _registered = [];
    private readonly IActorRef _front;

    public BalancerFrontTests()
        : base(config: "akka.loglevel = INFO")
    {
        _proxy = CreateTestProbe("proxy");
        _watcher = CreateTestProbe("watching");
        Sys.ActorOf(Props.Create(() => new Forwarder(_watcher)), EtcdWatcherActor.ActorName);
        _front = Sys.ActorOf(BalancerFront.Props("b1", "pick-first", _proxy, _registered.Add));
    }

    [Fact]
    public void Nobody_has_said_that_it_decides_so_a_question_is_rejected_at_once_with_a_sentence_and_a_hint()
    {
        _front.Tell(Question, TestActor);
        var rejected = ExpectMsg<AssignRejected>();
        Assert.Equal((7, AssignRejectReason.NotReady), (rejected.RequestId, rejected.Reason));
        Assert.StartsWith("no balancer of the cluster decides at the moment", rejected.Sentence, StringComparison.Ordinal);
        Assert.InRange(rejected.RetryAfter.TotalMilliseconds, 1, 1000);
    }

    [Fact]
    public void Each_of_several_questions_in_one_is_rejected()
    {
        _front.Tell(Question with { Count = 2, Finished = new Finished(5, 0, []) }, TestActor);
        Assert.Equal(7, ExpectMsg<AssignRejected>().RequestId);
        Assert.Equal(8, ExpectMsg<AssignRejected>().RequestId);
        _front.Tell(StopAssigning.Instance, TestActor);
        ExpectMsg<Stopped>();
        _front.Tell(Question with { Count = 2, Finished = new Finished(5, 0, []) }, TestActor);
        Assert.Equal((7, AssignRejectReason.Stopping), (ExpectMsg<AssignRejected>() is { } m ? (m.RequestId, m.Reason) : default));
        Assert.Equal(8, ExpectMsg<AssignRejected>().RequestId);
    }

    [Fact]
    public void Several_questions_in_one_go_one_by_one_to_a_balancer_of_another_process()
    {
        SaysThatItDecides(4);
        _front.Tell(Question with { Count = 2, Finished = new Finished(5, 0, []) }, TestActor);
        Assert.Equal((7, 1), _proxy.FishForMessage(m => m is Assign) is Assign first ? (first.RequestId, first.Count) : default);
        Assert.Equal((8, 1), _proxy.FishForMessage(m => m is Assign) is Assign second ? (second.RequestId, second.Count) : default);
    }

    [Fact]
    public void A_question_ahead_goes_as_it_is_to_a_balancer_of_another_process_and_is_rejected_once_where_nobody_decides()
    {
        var ahead = Question with { Count = 3, Finished = new Finished(5, 0, []), AheadSince = 6 };
        _front.Tell(ahead, TestActor);
        Assert.Equal(7, ExpectMsg<AssignRejected>().RequestId);
        ExpectNoMsg(TimeSpan.Zero);
        SaysThatItDecides(4);
        _front.Tell(ahead, TestActor);
        Assert.Equal((7, 3, 6), _proxy.FishForMessage(m => m is Assign) is Assign m ? (m.RequestId, m.Count, m.AheadSince) : default);
    }

    [Fact]
    public void It_asks_at_its_interval_who_decides()
    {
        Advance(TimeSpan.Zero);
        _proxy.ExpectMsg<WhoDecides>();
        Advance(FrontCore.AskEvery);
        _proxy.ExpectMsg<WhoDecides>();
    }

    [Fact]
    public void A_question_goes_to_the_deciding_balancer_and_the_answer_straight_to_the_asker()
    {
        SaysThatItDecides(4);
        _front.Tell(Question, TestActor);
        _proxy.FishForMessage(m => m is Assign);
        Assert.Equal(TestActor, _proxy.LastSender);
    }

    [Fact]
    public void One_that_is_silent_for_too_long_is_not_asked_any_more()
    {
        SaysThatItDecides(4);
        Advance(FrontCore.SilenceMax);
        _front.Tell(Question, TestActor);
        Assert.Equal(AssignRejectReason.NotReady, ExpectMsg<AssignRejected>().Reason);
    }

    [Fact]
    public void When_nobody_decides_for_long_the_log_says_so_and_says_when_somebody_does_again()
    {
        SaysThatItDecides(4);
        Advance(FrontCore.SilenceMax);
        EventFilter.Warning(contains: "no balancer of the cluster has decided for 15 s").ExpectOne(() => Advance(DecidingLink.TellAfter));
        EventFilter.Info(contains: "decides, term 4").ExpectOne(() => SaysThatItDecides(4));
    }

    [Fact]
    public void The_deciding_balancer_of_its_own_process_is_registered_gets_a_snapshot_first_and_every_question()
    {
        var local = CreateTestProbe();
        _front.Tell(DecidingHere.Instance, local);
        _watcher.ExpectMsg<GetWorkers>();
        _watcher.Reply(new Watched<Member>.Known(12, []));
        Assert.Equal(12, local.ExpectMsg<Watched<Member>.Known>().Revision);
        _front.Tell(new Watched<Member>.Known(13, [], []));
        Assert.Equal(13, local.ExpectMsg<Watched<Member>.Known>().Revision);
        _front.Tell(Question, TestActor);
        local.ExpectMsg<Assign>();
        Assert.Equal(TestActor, local.LastSender);
        Assert.Equal([local.Ref], _registered);
    }

    [Fact]
    public void When_the_deciding_balancer_of_its_own_process_ends_nobody_decides_until_somebody_says_so()
    {
        var local = CreateTestProbe();
        _front.Tell(DecidingHere.Instance, local);
        _watcher.ExpectMsg<GetWorkers>();
        _front.Tell(new Decides(4), local);
        Sys.Stop(local);
        AwaitAssert(() =>
        {
            // One that asked in vain gets no answer, and a late one is not taken for the answer to something else.
            var asker = CreateTestProbe();
            _front.Tell(Question, asker);
            Assert.Equal(AssignRejectReason.NotReady, asker.ExpectMsg<AssignRejected>(TimeSpan.FromMilliseconds(300)).Reason);
        }, TimeSpan.FromSeconds(30));
        SaysThatItDecides(5);
        _front.Tell(Question, TestActor);
        _proxy.FishForMessage(m => m is Assign);
    }

    [Fact]
    public void A_front_that_stops_says_so()
    {
        SaysThatItDecides(4);
        _front.Tell(StopAssigning.Instance, TestActor);
        ExpectMsg<Stopped>();
        _front.Tell(Question, TestActor);
        Assert.Equal(AssignRejectReason.Stopping, ExpectMsg<AssignRejected>().Reason);
    }

    [Fact]
    public void One_that_stands_by_tells_which_balancer_decides_when_it_is_asked_how_it_stands()
    {
        SaysThatItDecides(4);
        _front.Tell(new GetBalancerState(0, 10), TestActor);
        var state = ExpectMsg<BalancerState>();
        Assert.Equal(("b1", "pick-first", "stands by: this balancer decides"), (state.Id, state.Policy, state.Rejection));
    }

    private void SaysThatItDecides(long term)
    {
        _front.Tell(new Decides(term), _proxy);
        // Behind an answer to anything the front has heard it.
        _front.Tell(new GetBalancerState(0, 1), TestActor);
        ExpectMsg<BalancerState>();
    }

    private sealed class Forwarder : ReceiveActor
    {
        public Forwarder(IActorRef to) => ReceiveAny(to.Forward);
    }
}
