using Akka.Actor;
using AkkaLb.Tests.Support;

namespace AkkaLb.Worker.Tests;

/// <summary>The test is the gate and the registration.</summary>
public class WorkerSignalsTests : VirtualTimeKit
{
    private readonly WorkerSignals _signals = new();
    private readonly IActorRef _listener;

    public WorkerSignalsTests() => _listener = Sys.ActorOf(WorkerSignals.Actor(_signals));

    [Fact]
    public async Task A_worker_is_able_when_the_gate_has_said_so_and_not_before()
    {
        Assert.False(await _signals.AbleAsync(TimeSpan.Zero, default));
        _listener.Tell(new GateAbility("no database"));
        await Settled(_listener);
        Assert.False(await _signals.AbleAsync(TimeSpan.Zero, default));
        Assert.Equal("no database", _signals.Trouble);
        _listener.Tell(new GateAbility(null));
        await Settled(_listener);
        Assert.True(await _signals.AbleAsync(TimeSpan.Zero, default));
        Assert.Null(_signals.Trouble);
    }

    [Fact]
    public void The_registration_hears_what_the_gate_said_before_it_was_there_and_each_change()
    {
        _listener.Tell(new GateAbility("its threads are blocked"));
        _listener.Tell(new WorkerSignals.Follow(TestActor));
        Assert.Equal("its threads are blocked", ExpectMsg<GateAbility>().Trouble);
        _listener.Tell(new GateAbility(null));
        Assert.Null(ExpectMsg<GateAbility>().Trouble);
    }

    [Fact]
    public async Task Being_told_to_stop_ends_the_wait()
    {
        using var stop = new CancellationTokenSource();
        var able = _signals.AbleAsync(TimeSpan.FromDays(1), stop.Token);
        await stop.CancelAsync();
        Assert.False(await able);
    }
}
