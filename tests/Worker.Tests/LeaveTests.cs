using Akka.Actor;
using AkkaLb.Tests.Support;

namespace AkkaLb.Worker.Tests;

/// <summary>The test is the gate and the registration.</summary>
public class LeaveTests : VirtualTimeKit
{
    [Fact]
    public async Task Each_request_is_sent_when_the_one_before_it_has_been_answered()
    {
        var leaving = BalancedWorker.LeaveAsync(TestActor, TestActor, TimeSpan.FromDays(1), TimeSpan.Zero);
        Answer<AnnounceDraining>(DrainingAnnounced.Instance);
        Assert.Equal(TimeSpan.FromDays(1), Answer<StartDrain>(new Drained(0)).Timeout);
        Answer<LeaveRegistry>(RegistryLeft.Instance);
        await leaving;
    }

    [Fact]
    public async Task An_actor_that_has_ended_is_not_waited_for()
    {
        var ended = Sys.ActorOf(Props.Create(() => new Ended()));
        Watch(ended);
        ExpectTerminated(ended);
        await BalancedWorker.LeaveAsync(ended, ended, TimeSpan.FromDays(1), TimeSpan.Zero).WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
    }

    private T Answer<T>(object answer)
    {
        var request = ExpectMsg<T>();
        LastSender.Tell(answer);
        return request;
    }

    private sealed class Ended : ReceiveActor
    {
        protected override void PreStart() => Context.Stop(Self);
    }
}
