using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using AkkaLb.Etcd;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Tests.Support;
using AkkaLb.Watching;

namespace AkkaLb.Balancer.Tests;

/// <summary>The test is the balancer.</summary>
public class EtcdWatcherActorTests : VirtualTimeKit
{
    private static readonly Member A = Workers.Member("a", 1);
    private static readonly Member B = Workers.Member("b", 2);
    private static readonly Member C = Workers.Member("c", 3);

    private readonly ScriptedRegistry _registry = new();
    private readonly IActorRef _watcher;

    public EtcdWatcherActorTests()
        : base(config: ConfigurationFactory.ParseString("akka.loglevel = INFO")) =>
            _watcher = Sys.ActorOf(EtcdWatcherActor.Props(_registry, TestActor));

    [Fact]
    public async Task The_first_snapshot_is_told_whole()
    {
        (await _registry.NextWatchAsync()).Snapshot(7, A, B);
        Assert.Equal([A, B], ExpectMsg<Watched<Member>.Known>().All);
    }

    [Fact]
    public async Task What_it_tells_the_operator_is_kept_with_its_time_for_whoever_asks()
    {
        var watch = await WatchWithAsync(A);
        var begun = Sys.Scheduler.Now;
        watch.Say(new Watched<Member>.Down("no answer"));
        watch.Say(new Watched<Member>.Up());
        await StateAsync();

        var told = await _watcher.Ask<BalancerEvents>(new GetBalancerEvents(0, 10), TimeSpan.FromSeconds(20));

        Assert.Equal(
            [
                (1, NoteLevel.Warning, "the registry cannot be reached; the last known workers stay: no answer"),
                (2, NoteLevel.Info, "the registry is reached again"),
            ],
            told.Events.Select(e => (e.Number, e.Level, e.Text)));
        Assert.All(told.Events, e => Assert.InRange(e.At, begun.AddMilliseconds(-1), Sys.Scheduler.Now));
    }

    [Fact]
    public async Task An_empty_first_snapshot_is_told_too()
    {
        (await _registry.NextWatchAsync()).Snapshot(1);
        Assert.Empty(ExpectMsg<Watched<Member>.Known>().All);
    }

    [Fact]
    public async Task Changes_are_told_in_order()
    {
        var watch = await WatchWithAsync(A);
        watch.Changed(8, B.Put(), A.Removed());
        watch.Changed(9, B.Draining().Put());
        ExpectChanges(B.Put(), A.Removed());
        ExpectChanges(B.Draining().Put());
    }

    [Fact]
    public async Task A_restarted_balancer_is_told_the_members_once_more()
    {
        var watch = await WatchWithAsync(A);
        watch.Changed(8, B.Put());
        ExpectChanges(B.Put());
        _watcher.Tell(GetWorkers.Instance, TestActor);
        Assert.Equal([A, B], ExpectMsg<Watched<Member>.Known>().All);
    }

    [Fact]
    public async Task The_registry_is_told_by_which_protocol_this_node_is_reached()
    {
        using var system = ActorSystem.Create(SystemConfig.SystemName, SystemConfig.Remoting("127.0.0.1", 0));
        var registry = new ScriptedRegistry();
        system.ActorOf(EtcdWatcherActor.Props(registry, ActorRefs.Nobody));
        await registry.NextWatchAsync();
        Assert.Equal("akka.tcp", registry.Protocol);
        await system.Terminate();
    }

    [Fact]
    public async Task What_was_read_again_is_told_whole()
    {
        var watch = await WatchWithAsync(A, B);
        watch.Snapshot(20, B, C);
        ExpectAll(B, C);
        watch.Changed(22, C.Removed());
        ExpectChanges(C.Removed());
    }

    [Fact]
    public async Task When_the_registry_came_back_empty_workers_that_register_again_are_not_missed()
    {
        var watch = await WatchWithAsync(A, B);
        watch.Snapshot(1);
        ExpectAll(A, B);
        var again = A with { RegistrationOrder = 5 };
        watch.Changed(2, again.Put());
        ExpectChanges(again.Put());
        Advance(TimeSpan.FromSeconds(11));
        ExpectChanges(B.Removed());
    }

    [Fact]
    public async Task Why_everything_was_read_anew_is_logged()
    {
        var watch = await WatchWithAsync(A, B);
        Sys.EventStream.Subscribe(TestActor, typeof(Info));
        watch.Say(new Watched<Member>.Known(3, [A]) { Because = "it came back older" });
        Assert.Equal("the registry was read again at revision 3: it came back older", ExpectMsg<Info>().Message.ToString());
    }

    [Fact]
    public async Task A_registry_that_went_back_in_time_is_believed_when_those_it_lacks_had_time_to_register_again()
    {
        var watch = await WatchWithAsync(A, B);
        watch.Snapshot(3, A);
        ExpectAll(A, B);
        watch.Changed(4, C.Put());
        ExpectChanges(C.Put());
        Advance(TimeSpan.FromSeconds(11));
        ExpectChanges(B.Removed());
    }

    [Fact]
    public async Task An_outage_and_an_unreadable_value_say_nothing_to_the_balancer()
    {
        var watch = await WatchWithAsync(A);
        watch.Say(new Watched<Member>.Down("refused"));
        watch.Say(new Watched<Member>.Up());
        watch.Say(new Watched<Member>.Skipped("/akkalb/workers/x", "not JSON"));
        watch.Changed(8, B.Put());
        ExpectChanges(B.Put());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_watch_that_ends_or_throws_is_opened_again_a_second_later_and_the_members_stay(bool throws)
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Error));
        var first = await WatchWithAsync(A);
        first.End(throws ? new RegistryRefusedException("no permission") : null);
        Assert.Contains(throws ? "no permission" : "without a reason", ExpectMsg<Error>().ToString(), StringComparison.Ordinal);
        await Settled(_watcher);
        Advance(WatcherCore.ReopenAfter - TimeSpan.FromMilliseconds(1));
        await Settled(_watcher);
        Assert.Equal(1, _registry.OpenedCount);

        Advance(TimeSpan.FromMilliseconds(1));
        (await _registry.NextWatchAsync()).Snapshot(9, A, B);
        ExpectAll(A, B);
    }

    [Fact]
    public async Task A_restarted_watcher_starts_over_and_drops_what_the_old_watch_still_says()
    {
        var old = await WatchWithAsync(A);
        await CrashAsync(old);
        Advance(WatcherCore.ReopenAfter);
        var fresh = await _registry.NextWatchAsync();
        Assert.True(old.Cancelled.IsCancellationRequested);

        old.Snapshot(9, B);
        old.End();
        await old.Events.Reader.Completion.WaitAsync(TimeSpan.FromSeconds(20));
        fresh.Snapshot(10, C);
        Assert.Equal([C], ExpectMsg<Watched<Member>.Known>().All);
    }

    [Fact]
    public async Task A_watcher_that_crashes_again_and_again_waits_longer_each_time_and_the_balancer_keeps_its_members()
    {
        var watch = await WatchWithAsync(A);
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            await CrashAsync(watch);
            var opened = _registry.OpenedCount;
            var state = await StateAsync();
            Assert.False(state.IsConnected);
            Assert.StartsWith("the watcher failed: ", state.LastProblem, StringComparison.Ordinal);
            Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            await Settled(_watcher);
            Assert.Equal(opened, _registry.OpenedCount);
            Advance(TimeSpan.FromMilliseconds(1));
            watch = await _registry.NextWatchAsync();
        }

        watch.Snapshot(10, A, B);
        // The first that the balancer hears since the crashes.
        Assert.Equal([A, B], ExpectMsg<Watched<Member>.Known>().All);
        Advance((WatcherCore.RestartPauseMax * 2) + TimeSpan.FromMilliseconds(1));
        await CrashAsync(watch);
        Advance(WatcherCore.ReopenAfter);
        await _registry.NextWatchAsync();
    }

    [Fact]
    public async Task Unreadable_values_are_logged_by_name_and_by_number()
    {
        var watch = await WatchWithAsync(A);
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));
        watch.Say(new Watched<Member>.Skipped("/akkalb/workers/x", "it is not JSON"));
        watch.Say(new Watched<Member>.MoreSkipped(19_990));
        Assert.Equal("registry value /akkalb/workers/x is left out: it is not JSON", ExpectWarning());
        Assert.Equal("... and more registry values are left out: 19990", ExpectWarning());
    }

    [Fact]
    public async Task Anyone_is_told_how_the_watch_stands()
    {
        Assert.Equal(new WatcherState("etcd", false, 0, null, 0, 0, "", 0), await StateAsync());
        var watch = await WatchWithAsync(A, B);
        Assert.Equal(new WatcherState("etcd", true, 7, TimeSpan.Zero, 0, 0, "", 2), await StateAsync());

        Advance(TimeSpan.FromSeconds(3));
        watch.Say(new Watched<Member>.Down("refused"));
        watch.Changed(8, C.Put());
        ExpectChanges(C.Put());
        Assert.Equal(new WatcherState("etcd", false, 8, TimeSpan.Zero, 0, 1, "refused", 3), await StateAsync());
    }

    [Fact]
    public async Task Stopping_cancels_the_watch()
    {
        var watch = await WatchWithAsync(A);
        Sys.Stop(Watch(_watcher));
        ExpectTerminated(_watcher);
        Assert.True(watch.Cancelled.IsCancellationRequested);
    }

    private string ExpectWarning() => ExpectMsg<Warning>().Message.ToString()!;

    /// <summary>Provokes a crash, which no registry of ours does, and waits until the watcher is there again.</summary>
    private async Task CrashAsync(ScriptedRegistry.Watch watch)
    {
        watch.Say(null!);
        await AwaitConditionAsync(() => Task.FromResult(watch.Cancelled.IsCancellationRequested), TimeSpan.FromSeconds(20));
        await Settled(_watcher);
    }

    private Task<WatcherState> StateAsync() => _watcher.Ask<WatcherState>(GetWatcherState.Instance, TimeSpan.FromSeconds(20));

    private async Task<ScriptedRegistry.Watch> WatchWithAsync(params Member[] members)
    {
        var watch = await _registry.NextWatchAsync();
        watch.Snapshot(7, members);
        Assert.Equal(members, ExpectMsg<Watched<Member>.Known>().All);
        return watch;
    }

    private void ExpectAll(params Member[] members)
    {
        var known = ExpectMsg<Watched<Member>.Known>();
        Assert.Null(known.Changes);
        Assert.Equal(members, known.All);
    }

    private void ExpectChanges(params KeyChange<Member>[] changes) => Assert.Equal(changes, ExpectMsg<Watched<Member>.Known>().Changes);
}
