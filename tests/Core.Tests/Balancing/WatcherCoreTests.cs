using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using AkkaLb.Watching;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

public class WatcherCoreTests
{
    private readonly WatcherCore _watcher = New();

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
    public void Who_asks_while_lost_workers_are_kept_is_told_of_them_and_of_those_that_have_registered_again()
    {
        Read(1, S(0), "a", "b");
        Read(2, S(10));
        Assert.Equal(["a", "b"], Asked(S(10)));
        Handle(new Watched<Member>.Known(3, [Up("b", 3)], [Put(Up("b", 3))]), S(11));
        Assert.Equal(["a", "b"], Asked(S(11)));
        Handle(Tick.Instance, S(12));
        Assert.Equal(["b"], Asked(S(12)));

        IEnumerable<string> Asked(TimeSpan now) => Assert.IsType<Watched<Member>.Known>(
            Assert.IsType<WatcherEffect.Answer>(Assert.Single(Handle(GetWorkers.Instance, now))).Message).All.Select(m => m.Worker.Id).Order();
    }

    [Fact]
    public void Whatever_the_registry_tells_and_loses_a_table_behind_the_watcher_holds_it_when_nobody_is_kept() => Seeded.Runs(500, random =>
    {
        var (watcher, table) = (New(), new WorkerTable(BalancerLimits.Default));
        var (registry, now, outbox) = (new SortedDictionary<string, Member>(), S(0), new List<WatcherEffect>());
        Tell(null);
        for (var step = 1; step < 60; step++)
        {
            now += Ms(random.Next(600));
            if (watcher.NextDue <= now)
            {
                Hand(Tick.Instance);
            }

            if (random.Chance(0.1))
            {
                registry.Clear();
                Tell(null);
                continue;
            }

            var id = random.Of<string>(["a", "b", "c", "d"]);
            var change = random.Chance(0.3) ? Removed(id) : Put(Up(id, step, incarnation: random.Next(3)));
            var isNews = change.Item is not null || registry.ContainsKey(id);
            registry.Remove(id);
            if (change.Item is { } member)
            {
                registry.Add(id, member);
            }

            Tell(random.Chance(0.1) || !isNews ? null : [change]);
        }

        now += S(30);
        Hand(Tick.Instance);
        Assert.Equal(registry.Values.OrderBy(m => m.RegistrationOrder), table.Page(0, 10).ToArray().Select(c => c.Member));

        void Tell(IReadOnlyList<KeyChange<Member>>? changes) => Hand(new Watched<Member>.Known(1, [.. registry.Values], changes));

        void Hand(object input)
        {
            outbox.Clear();
            watcher.Handle(input, now, outbox);
            outbox.OfType<WatcherEffect.ToBalancer>().ToList().ForEach(e => table.Apply(e.Message, now));
        }
    });

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

    [Fact]
    public void Workers_are_told_when_what_operators_want_of_them_is_known_and_not_before()
    {
        var watcher = New(hasOverrides: true);
        Assert.Empty(Handle(watcher, Build.Read(Members("a")), S(1)).OfType<WatcherEffect.ToBalancer>());
        Assert.Empty(Handle(watcher, GetWorkers.Instance, S(1)));
        var wanted = new Watched<OverrideSight>.Known(1, [Drain("a")]);
        Assert.Collection(
            Handle(watcher, wanted, S(1.5)),
            first => Assert.Same(wanted, Assert.IsType<WatcherEffect.OverridesToBalancer>(first).Message),
            then => Assert.Single(Assert.IsType<WatcherEffect.ToBalancer>(then).Message.All));
        Assert.Null(watcher.NextDue);
        Assert.Equal(2, Handle(watcher, GetWorkers.Instance, S(2)).Count);
        Assert.Single(Handle(watcher, Changed([Put(Up("b", 2))]), S(3)));
    }

    [Fact]
    public void What_operators_want_is_waited_for_no_longer_than_a_moment_and_not_where_it_cannot_be_read()
    {
        var watcher = New(hasOverrides: true);
        Handle(watcher, Build.Read(Members("a")), S(1));
        Assert.Equal(S(1) + WatcherCore.OverridesWaitMax, watcher.NextDue);
        Assert.Empty(Handle(watcher, new Watched<OverrideSight>.Down("connection refused"), S(1.5)));
        Assert.Empty(Handle(watcher, new Watched<OverrideSight>.Up(), S(1.6)));
        var late = Handle(watcher, Tick.Instance, watcher.NextDue!.Value);
        Assert.Equal(["what operators want of workers is not known after 5 s: jobs are given without it"], Notes(late));
        Assert.Single(late.OfType<WatcherEffect.ToBalancer>());

        watcher = New(hasOverrides: true);
        Handle(watcher, Build.Read(Members("a")), S(1));
        var refused = Handle(watcher, new Watched<OverrideSight>.Down("permission denied", IsRefused: true), S(1.2));
        Assert.Equal(["what operators want of workers cannot be read; what was known stays: permission denied"], Notes(refused));
        Assert.Single(refused.OfType<WatcherEffect.ToBalancer>());
    }

    [Fact]
    public void Who_asks_again_is_told_all_that_operators_want_and_not_the_last_change()
    {
        var watcher = New(hasOverrides: true);
        Handle(watcher, new Watched<OverrideSight>.Known(2, [Drain("a"), Drain("b")], [new KeyChange<OverrideSight>("b", Drain("b"))]), S(1));
        var told = Assert.IsType<WatcherEffect.Answer>(Assert.Single(Handle(watcher, GetWorkers.Instance, S(1)))).Message;
        Assert.Null(Assert.IsType<Watched<OverrideSight>.Known>(told).Changes);
    }

    [Fact]
    public void Who_asks_while_an_order_cannot_be_read_is_told_the_one_that_was_read_before()
    {
        var watcher = New(hasOverrides: true);
        Handle(watcher, new Watched<OverrideSight>.Known(1, [Drain("a")]), S(1));
        var unreadable = new OverrideSight("a", Wanted: null);
        Handle(watcher, new Watched<OverrideSight>.Known(2, [unreadable], [new KeyChange<OverrideSight>("a", unreadable)]), S(2));
        var told = Assert.IsType<WatcherEffect.Answer>(Assert.Single(Handle(watcher, GetWorkers.Instance, S(3)))).Message;
        Assert.Equal([Drain("a")], Assert.IsType<Watched<OverrideSight>.Known>(told).All);
        Assert.Equal(
            ["the order /akkalb/overrides/a cannot be read; the one that was read there before stays: it is not JSON"],
            Notes(Handle(watcher, new Watched<OverrideSight>.Skipped("/akkalb/overrides/a", "it is not JSON"), S(3))));
        Assert.Equal(
            ["the order /akkalb/overrides/pdf/a cannot be read, and none was read there before, so the worker gets jobs: it is not JSON"],
            Notes(Handle(watcher, new Watched<OverrideSight>.Skipped("/akkalb/overrides/pdf/a", "it is not JSON"), S(3))));
    }

    [Fact]
    public void An_order_that_cannot_be_read_any_more_is_known_behind_a_crash_too()
    {
        var overrides = new WorkerOverrides();
        Handle(New(overrides), new Watched<OverrideSight>.Known(1, [Drain("a")]), S(1));
        var next = New(overrides);
        Handle(next, new Watched<OverrideSight>.Known(2, [new OverrideSight("a", Wanted: null)]), S(2));
        var told = Assert.IsType<WatcherEffect.Answer>(Assert.Single(Handle(next, GetWorkers.Instance, S(3)))).Message;
        Assert.Equal([Drain("a")], Assert.IsType<Watched<OverrideSight>.Known>(told).All);
    }

    private static OverrideSight Drain(string id) => new(id, new WorkerOverride(id, AdminState.Drain, WorkerOverride.WeightUsual, "ann", default));

    private static WatcherCore New(bool hasOverrides = false) => New(hasOverrides ? new WorkerOverrides() : null);

    private static WatcherCore New(WorkerOverrides? overrides) =>
        new(isInProcess: false, new RestartPause(WatcherCore.ReopenAfter, WatcherCore.RestartPauseMax), overrides);

    private static IEnumerable<string> Notes(List<WatcherEffect> effects) => effects.OfType<WatcherEffect.Note>().Select(note => note.Text);

    private static IEnumerable<string> Losses(List<WatcherEffect> effects) =>
        Notes(effects).Where(text => text.Contains("the registry has lost workers", StringComparison.Ordinal));

    private List<WatcherEffect> Read(long revision, TimeSpan now, params string[] ids) =>
        Handle(new Watched<Member>.Known(revision, Members(ids)), now);

    private Watched<Member>.Known Told(object input, TimeSpan now) => Assert.Single(Handle(input, now).OfType<WatcherEffect.ToBalancer>()).Message;

    private List<WatcherEffect> Handle(object input, TimeSpan now) => Handle(_watcher, input, now);

    private static List<WatcherEffect> Handle(WatcherCore watcher, object input, TimeSpan now)
    {
        var outbox = new List<WatcherEffect>();
        watcher.Handle(input, now, outbox);
        return outbox;
    }
}
