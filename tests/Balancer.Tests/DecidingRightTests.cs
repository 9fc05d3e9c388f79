using Akka.Actor;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Messages;
using AkkaLb.Watching;

namespace AkkaLb.Balancer.Tests;

/// <summary>A balancer that decides alone answers only while it holds the lease under which it came to be.</summary>
public sealed class DecidingRightTests : BalancerKit
{
    private readonly DecidingRight _right;
    private long _term = 40;
    private bool _isHeld = true;

    public DecidingRightTests() => _right = new DecidingRight(() => Interlocked.Read(ref _term), () => Volatile.Read(ref _isHeld));

    [Fact]
    public void While_it_holds_the_lease_its_answers_carry_the_term_and_the_revision()
    {
        var balancer = Deciding();
        var assigned = Assert.IsType<Assigned>(Ask(balancer));
        Assert.Equal((40, 12), (assigned.Term, assigned.Revision));
        balancer.Tell(new Watched<Member>.Known(15, [], [B.Put()]));
        Assert.Equal(15, Assert.IsType<Assigned>(Ask(balancer)).Revision);
        balancer.Tell(WhoDecides.Instance, TestActor);
        Assert.Equal(40, ExpectMsg<Decides>().Term);
    }

    [Fact]
    public void Once_the_lease_is_lost_no_answer_names_a_worker_and_it_does_not_say_that_it_decides()
    {
        var balancer = Deciding();
        Assert.IsType<Assigned>(Ask(balancer));
        _isHeld = false;
        var rejected = Assert.IsType<AssignRejected>(Ask(balancer));
        Assert.Equal((AssignRejectReason.NotReady, DecidingRight.NotHeld), (rejected.Reason, rejected.Sentence));
        balancer.Tell(WhoDecides.Instance, TestActor);
        balancer.Tell(new GetBalancerState(0, 1), TestActor);
        Assert.Equal(DecidingRight.NotHeld, ExpectMsg<BalancerState>().Rejection);
    }

    [Fact]
    public void A_lease_that_was_lost_and_got_again_is_another_term_under_which_this_balancer_does_not_answer()
    {
        var balancer = Deciding();
        Assert.IsType<Assigned>(Ask(balancer));
        Interlocked.Exchange(ref _term, 41);
        Assert.Equal(AssignRejectReason.NotReady, Assert.IsType<AssignRejected>(Ask(balancer)).Reason);
    }

    [Fact]
    public void A_balancer_that_came_to_be_without_the_lease_never_answers()
    {
        _term = 0;
        _isHeld = false;
        var balancer = Deciding();
        Assert.Equal(AssignRejectReason.NotReady, Assert.IsType<AssignRejected>(Ask(balancer)).Reason);
    }

    [Fact]
    public void Told_to_stop_it_answers_what_came_before_and_ends()
    {
        var balancer = Deciding();
        Watch(balancer);
        balancer.Tell(StopDeciding.Instance);
        balancer.Tell(new Assign(99, 1, [], null, TimeSpan.FromSeconds(1)), TestActor);
        var last = FishForMessage(m => m is AssignRejected or Terminated);
        if (last is AssignRejected rejected)
        {
            Assert.Equal(AssignRejectReason.Stopping, rejected.Reason);
            ExpectTerminated(balancer);
        }
    }

    [Fact]
    public void An_independent_balancer_needs_no_lease_and_its_term_is_zero() =>
        Assert.Equal(0, Assert.IsType<Assigned>(Ask(Balancer(Policy.PickFirst, A))).Term);

    private IActorRef Deciding()
    {
        var rules = ServiceRules.All(Policy.Of(Policy.PickFirst), BalancerLimits.Default);
        var balancer = Sys.ActorOf(BalancerActor.Props("b1", rules, new Random(1), _right, TestActor));
        ExpectMsg<DecidingHere>();
        balancer.Tell(new Watched<Member>.Known(12, [A]), TestActor);
        return balancer;
    }
}
