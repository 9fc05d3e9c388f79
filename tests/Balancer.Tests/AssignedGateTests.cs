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
}
