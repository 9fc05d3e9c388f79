using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

public class WatcherCoreTests
{
    private readonly WatcherCore _watcher = new(isInProcess: false, new RestartPause(WatcherCore.ReopenAfter, WatcherCore.RestartPauseMax));

    [Fact]
    public void The_first_snapshot_is_told_whole_in_registration_order()
    {
        var told = Assert.IsType<WorkersSnapshot>(Told(new RegistryEvent.Snapshot(5, [Up("b", 2), Up("a", 1)]), S(0)));
        Assert.Equal(["a", "b"], told.Members.Select(m => m.Worker.Id));
        Assert.Equal(5, told.Revision);
    }

    [Fact]
    public void A_later_snapshot_tells_only_what_is_new()
    {
        Read(1, S(0), "a", "b");
        var told = Assert.IsType<WorkersChanged>(Told(new RegistryEvent.Snapshot(2, Members("a", "b", "c")), S(1)));
        Assert.Equal([Put(Up("c", 3))], told.Changes);
    }

    [Fact]
    public void Changes_that_are_older_than_the_snapshot_are_not_told()
    {
        Read(5, S(0), "a");
        Assert.Empty(Handle(new RegistryEvent.Changed(5, [Removed("a")]), S(1)));
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
        Assert.Empty(Handle(GetWorkersSnapshot.Instance, S(0)));
        Read(1, S(0), "a");
        Assert.IsType<WatcherEffect.Answer>(Assert.Single(Handle(GetWorkersSnapshot.Instance, S(0))));
    }

    [Fact]
    public void Workers_that_were_all_lost_are_removed_when_they_have_had_time_to_register_again()
    {
        Read(1, S(0), "a");
        Read(2, S(10));
        Assert.Equal(S(12), _watcher.NextDue);
        Assert.Equal([Removed("a")], Assert.IsType<WorkersChanged>(Told(Tick.Instance, S(12))).Changes);
        Assert.Null(_watcher.NextDue);
    }

    [Fact]
    public void Each_loss_of_all_workers_is_told_once()
    {
        Read(1, S(0), "a");
        Assert.Single(Losses(Read(2, S(10))));
        Assert.Empty(Losses(Read(3, S(11))));
        Handle(Tick.Instance, S(12));
        Handle(new RegistryEvent.Changed(4, [Put(Up("a", 4))]), S(13));
        Assert.Single(Losses(Read(5, S(20))));
    }

    private static IEnumerable<string> Notes(List<WatcherEffect> effects) => effects.OfType<WatcherEffect.Note>().Select(note => note.Text);

    private static IEnumerable<string> Losses(List<WatcherEffect> effects) =>
        Notes(effects).Where(text => text.Contains("lost every worker", StringComparison.Ordinal));

    private List<WatcherEffect> Read(long revision, TimeSpan now, params string[] ids) =>
        Handle(new RegistryEvent.Snapshot(revision, Members(ids)), now);

    private object Told(object input, TimeSpan now) => Assert.Single(Handle(input, now).OfType<WatcherEffect.ToBalancer>()).Message;

    private List<WatcherEffect> Handle(object input, TimeSpan now)
    {
        var outbox = new List<WatcherEffect>();
        _watcher.Handle(input, now, outbox);
        return outbox;
    }
}
