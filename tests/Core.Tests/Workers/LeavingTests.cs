using AkkaLb.Core.Machines;
using AkkaLb.Core.Workers;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Workers;

/// <summary>30 s to drain, and 2 s to reject what was on its way.</summary>
public class LeavingTests
{
    private readonly Leaving _leaving = new(S(30), S(2));

    [Fact]
    public void Each_step_begins_when_the_one_before_it_has_been_answered()
    {
        Assert.Equal(new LeavingEffect.AnnounceDraining(), Handle(new LeavingInput.Begin(), 10));
        Assert.Equal(new LeavingEffect.StartDrain(S(30)), Handle(new LeavingInput.DrainingAnnounced(), 11));
        Assert.Equal(new LeavingEffect.LeaveRegistry(), Handle(new LeavingInput.Drained(), 20));
        Assert.Null(Handle(new LeavingInput.RegistryLeft(), 21));
        Assert.Null(Handle(Tick.Instance, 22.9));
        Assert.Equal(new LeavingEffect.End(), Handle(Tick.Instance, 23));
        Assert.Null(_leaving.NextDue);
    }

    [Fact]
    public void A_step_without_an_answer_ends_with_its_time()
    {
        var begun = new List<(double At, LeavingEffect? Effect)> { (0, Handle(new LeavingInput.Begin(), 0)) };
        while (_leaving.NextDue is { } due)
        {
            Assert.Null(Handle(Tick.Instance, due.TotalSeconds - 0.001));
            begun.Add((due.TotalSeconds, Handle(Tick.Instance, due.TotalSeconds)));
        }

        Assert.Equal(
            [
                (0, new LeavingEffect.AnnounceDraining()),
                (5, new LeavingEffect.StartDrain(S(30))),
                (40, new LeavingEffect.LeaveRegistry()),
                (45, null),
                (47, new LeavingEffect.End()),
            ],
            begun);
    }

    [Fact]
    public void An_answer_that_comes_late_or_early_ends_no_other_step()
    {
        Handle(new LeavingInput.Begin(), 0);
        Assert.Null(Handle(new LeavingInput.Drained(), 1));
        Assert.Null(Handle(new LeavingInput.RegistryLeft(), 1));
        Assert.Null(Handle(new LeavingInput.Begin(), 1));
        Handle(Tick.Instance, 5);
        Assert.Null(Handle(new LeavingInput.DrainingAnnounced(), 6));
        Assert.Equal(S(40), _leaving.NextDue);
    }

    [Fact]
    public void What_is_no_input_is_refused() => Assert.Throws<ArgumentException>(() => Handle("what?", 0));

    /// <returns>The one effect; null: there is none.</returns>
    private LeavingEffect? Handle(object input, double now)
    {
        var outbox = new List<LeavingEffect>();
        _leaving.Handle(input, S(now), outbox);
        return outbox.SingleOrDefault();
    }
}
