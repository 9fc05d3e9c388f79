using AkkaLb.Core.Policies;
using AkkaLb.Messages;

namespace AkkaLb.Balancer.Tests;

/// <summary>With remoting, as paths of other systems become references only there.</summary>
public class AssignedGateTests() : BalancerKit(SystemConfig.Remoting("127.0.0.1", 0))
{
    [Fact]
    public void Assigned_carries_the_gates_reference_with_address_and_uid()
    {
        var worker = Assert.Single(Assert.IsType<Assigned>(Ask(Balancer(PolicyNames.PickFirst, A))).Workers);
        Assert.Equal((A.Key(), A.Worker.Path), (worker.Worker, worker.Gate.Path.ToSerializationFormat()));
    }

    [Fact]
    public void A_worker_that_registers_again_at_another_address_is_assigned_there()
    {
        const string Elsewhere = "akka.tcp://AkkaLb@127.0.0.1:99/user/worker#42";
        var balancer = Balancer(PolicyNames.PickFirst, A);
        Change(balancer, A.WithPath(Elsewhere).Put());
        Assert.Equal(Elsewhere, Assert.Single(Assert.IsType<Assigned>(Ask(balancer)).Workers).Gate.Path.ToSerializationFormat());
    }

    [Fact]
    public void A_change_of_membership_resolves_no_reference_again_but_that_of_a_changed_path()
    {
        var balancer = Balancer(PolicyNames.RoundRobin, A, B);
        var before = Assert.IsType<Assigned>(Ask(balancer, count: 2)).Workers;
        Change(balancer, C.Put(), B.WithPath("akka.tcp://AkkaLb@127.0.0.1:99/user/worker#42").Put());
        balancer.Tell(new WorkersSnapshot([A, B.WithPath("akka.tcp://AkkaLb@127.0.0.1:99/user/worker#42"), C]), TestActor);
        var after = Assert.IsType<Assigned>(Ask(balancer, count: 3)).Workers.OrderBy(w => w.Worker.Id).ToList();
        Assert.Same(before[0], after[0]);
        Assert.NotSame(before[1], after[1]);
        Assert.Equal(C.Worker.Path, after[2].Gate.Path.ToSerializationFormat());
    }
}
