using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using AkkaLb.Watching;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

public class WatcherCoreTests
{
    private readonly WatcherCore _watcher = new(isInProcess: false, new RestartPause(WatcherCore.ReopenAfter, WatcherCore.RestartPauseMax));

    [Fact]
    public void What_the_registry_tells_goes_on_as_it_is()
    {
        var first = Build.Read(Members("a", "b"), revision: 5);
        Assert.Equal(first, Told(first, S(0)));
        var change = Changed([Removed("a")], revision: 6);
        Assert.Same(change, Told(change, S(1)));
        var again = Build.Read(Members("a", "b", "c"), revision: 7);
        Assert.Equal(again, Told(again, S(2)));
    }

    [Fact]
    public void A_watch_that_ended_is_opened_again_after_its_pause_and_not_before()
    {
        Handle(new WatcherInput.WatchEnded("refused"), S(10));
        Assert.Equal(S(11), _watcher.NextDue);
        Assert.Empty(Handle(Tick.Instance, S(11) - Ms(1)));
        Assert.IsType<WatcherEffect.OpenWatch>(Assert.Single(Handle(Tick.Instance, S(11))));
        Assert.Null(_watcher.NextDue);
    }

    [Fact]
    public void An_end_for_the_same_reason_is_told_once_until_the_watch_continues()
    {
        var ended = new WatcherInput.WatchEnded("refused");
        Assert.Single(Handle(ended, S(0)));
        Assert.Empty(Handle(ended, S(2)));
        Assert.Contains(Notes(Read(1, S(3), "a")), text => text == "the watch of the registry continues");
        Assert.Single(Handle(ended, S(4)));
    }

    [Fact]
    public void After_a_crash_the_pause_before_the_watch_is_opened_doubles()
    {
        var crash = new WatcherInput.StartAfterCrash("a bug");
        Handle(crash, S(0));
        Assert.Equal(S(1), _watcher.NextDue);
        Handle(crash, S(1));
        Assert.Equal(S(3), _watcher.NextDue);
    }

    [Fact]
    public void A_question_for_the_workers_has_no_answer_before_a_snapshot()
    {
        Assert.Empty(Handle(GetWorkers.Instance, S(0)));
        Read(1, S(0), "a");
        Assert.IsType<WatcherEffect.Answer>(Assert.Single(Handle(GetWorkers.Instance, S(0))));
    }

    [Fact]
    public void Workers_that_were_all_lost_are_removed_when_they_have_had_time_to_register_again()
    {
        Read(1, S(0), "a");
        Read(2, S(10));
        Assert.Equal(S(12), _watcher.NextDue);
        Assert.Equal([Removed("a")], Told(Tick.Instance, S(12)).Changes);
        Assert.Null(_watcher.NextDue);
    }

    [Fact]
    public void Each_loss_of_all_workers_is_told_once()
    {
        Read(1, S(0), "a");
        Assert.Single(Losses(Read(2, S(10))));
        Assert.Empty(Losses(Read(3, S(11))));
        Handle(Tick.Instance, S(12));
        Handle(new Watched<Member>.Known(4, [Up("a", 4)], [Put(Up("a", 4))]), S(13));
        Assert.Single(Losses(Read(5, S(20))));
    }

    private static IEnumerable<string> Notes(List<WatcherEffect> effects) => effects.OfType<WatcherEffect.Note>().Select(note => note.Text);

    private static IEnumerable<string> Losses(List<WatcherEffect> effects) =>
        Notes(effects).Where(text => text.Contains("lost every worker", StringComparison.Ordinal));

    private List<WatcherEffect> Read(long revision, TimeSpan now, params string[] ids) =>
        Handle(new Watched<Member>.Known(revision, Members(ids)), now);

    private Watched<Member>.Known Told(object input, TimeSpan now) => Assert.Single(Handle(input, now).OfType<WatcherEffect.ToBalancer>()).Message;

    private List<WatcherEffect> Handle(object input, TimeSpan now)
    {
        var outbox = new List<WatcherEffect>();
        _watcher.Handle(input, now, outbox);
        return outbox;
    }
}
