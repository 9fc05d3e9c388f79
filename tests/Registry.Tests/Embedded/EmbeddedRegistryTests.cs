using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Registration;
using AkkaLb.Messages;
using AkkaLb.Registry.Embedded;
using AkkaLb.Registry.Tests.Etcd;
using AkkaLb.Tests.Support;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Tests.Embedded;

public class EmbeddedRegistryTests : VirtualTimeKit
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(5);

    private readonly IActorRef _actor;
    private readonly EmbeddedRegistry _registry;

    public EmbeddedRegistryTests()
    {
        _actor = Sys.ActorOf(EmbeddedRegistryActor.Props(), EmbeddedRegistryActor.ActorName);
        _registry = new EmbeddedRegistry(Sys, _actor, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_registered_worker_is_told_to_watchers_as_a_snapshot_then_as_changes()
    {
        await _registry.AddAsync(Workers.Worker("a"), Ttl);
        await using var watch = new WatchProbe(_registry);
        var snapshot = await watch.NextReadAsync();
        Assert.Equal("a", Assert.Single(snapshot.All).Worker.Id);

        await _registry.AddAsync(Workers.Worker("b"), Ttl);
        var change = await watch.NextChangeAsync();
        Assert.Equal(Workers.Worker("b"), Assert.Single(change.Changes!).Item!.Worker);
        Assert.True(change.Revision > snapshot.Revision);
        Assert.Equal(["a", "b"], watch.Members);
    }

    [Theory]
    [InlineData("the registry crashes")]
    [InlineData("the registry ends")]
    [InlineData("the relay ends")]
    public async Task A_watch_that_can_tell_nothing_more_ends_so_that_another_is_opened(string what)
    {
        await using var watch = _registry.WatchAsync(null, default).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        switch (what)
        {
            case "the registry crashes":
                _actor.Tell(new Register(null!, Ttl)); // a bug: nobody can send this
                break;
            case "the registry ends":
                Sys.Stop(_actor);
                break;
            default:
                Sys.ActorSelection("/user/$*").Tell(PoisonPill.Instance);
                break;
        }

        Assert.False(await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Theory]
    [InlineData("akka.tcp://AkkaLb@127.0.0.1:4100/user/worker")]
    [InlineData("akka.tcp://AkkaLb@h:1/\r\nfatal: x")]
    [InlineData("http://AkkaLb@127.0.0.1:4100/user/worker#1")]
    public async Task A_path_that_makes_no_reference_gets_to_nobody_who_watches(string path)
    {
        var wrong = Workers.Worker("a") with { Path = path };
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => _registry.RegisterAsync(wrong, Ttl, default));
        var lease = (await _registry.AddAsync(Workers.Worker("a"), Ttl)).LeaseId;
        Assert.False(await _registry.UpdateAsync(lease, wrong, default));
        await using var watch = new WatchProbe(_registry);
        Assert.Equal([Workers.Worker("a")], (await watch.NextReadAsync()).All.Select(m => m.Worker));
    }

    [Fact]
    public async Task The_granted_time_is_the_one_asked_for_and_never_below_a_second()
    {
        Assert.Equal(Ttl, (await _registry.AddAsync(Workers.Worker("a"), Ttl)).Ttl);
        Assert.Equal(TimeSpan.FromSeconds(1), (await _registry.AddAsync(Workers.Worker("b"), TimeSpan.Zero)).Ttl);
    }

    [Fact]
    public async Task An_id_held_by_another_incarnation_is_refused_by_name_of_the_holder()
    {
        await _registry.AddAsync(Workers.Worker("a", incarnation: 1), Ttl);
        Assert.Equal(new RegisterOutcome.IdInUse(1, Ttl), await _registry.RegisterAsync(Workers.Worker("a", incarnation: 2), Ttl, default));
    }

    [Fact]
    public async Task The_same_process_registers_again_under_its_lease_and_keeps_its_place()
    {
        var first = await _registry.AddAsync(Workers.Worker("a"), Ttl);
        await _registry.AddAsync(Workers.Worker("b"), Ttl);
        var second = await _registry.AddAsync(Workers.Worker("a"), Ttl);
        Assert.Equal(first.LeaseId, second.LeaseId);
        Assert.IsType<KeepAliveOutcome.Kept>(await _registry.KeepAliveAsync(second.LeaseId, default));
        await using var watch = new WatchProbe(_registry);
        await watch.UntilMembersAreAsync("a", "b");
    }

    [Fact]
    public async Task Nobody_else_registers_in_the_name_of_a_live_incarnation()
    {
        var mine = await _registry.AddAsync(Workers.Worker("a"), Ttl);
        var stranger = new EmbeddedRegistry(Sys, _actor, TimeSpan.FromSeconds(10));
        Assert.Equal(new RegisterOutcome.IdInUse(1, Ttl), await stranger.RegisterAsync(Workers.Worker("a"), Ttl, default));
        Assert.IsType<KeepAliveOutcome.Kept>(await _registry.KeepAliveAsync(mine.LeaseId, default));
    }

    [Fact]
    public async Task A_registry_without_room_says_so_and_may_have_some_later()
    {
        var full = new EmbeddedRegistry(Sys, Sys.ActorOf(Props.Create(() => new Full())), TimeSpan.FromSeconds(10));
        var no = await Assert.ThrowsAsync<RegistryUnavailableException>(() => full.RegisterAsync(Workers.Worker("a"), Ttl, default));
        Assert.Equal("full", no.Message);
    }

    [Fact]
    public async Task An_entry_stands_as_it_was_put_for_as_long_as_its_lease_is_renewed()
    {
        var lease = (await _registry.AddAsync(Workers.Worker("a"), Ttl)).LeaseId;
        var sight = await _registry.LookAsync(lease, Workers.Worker("a"), default);
        Assert.Equal(new EntryStep.Keep(), EntryRule.Decide(sight, lease, Workers.Worker("a")));
    }

    [Fact]
    public async Task A_lease_that_is_renewed_lives_and_one_that_is_not_runs_out()
    {
        var kept = await _registry.AddAsync(Workers.Worker("kept"), Ttl);
        var left = await _registry.AddAsync(Workers.Worker("left"), Ttl);
        await using var watch = new WatchProbe(_registry);
        await watch.UntilMembersAreAsync("kept", "left");

        Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(new KeepAliveOutcome.Kept(Ttl), await _registry.KeepAliveAsync(kept.LeaseId, default));
        Advance(TimeSpan.FromSeconds(1));
        await watch.UntilMembersAreAsync("kept");
        Assert.Equal([new KeyChange<Member>("left", null)], watch.Changes);
        Assert.IsType<KeepAliveOutcome.LeaseLost>(await _registry.KeepAliveAsync(left.LeaseId, default));
        await _registry.AddAsync(Workers.Worker("left", incarnation: 2), Ttl);
    }

    [Fact]
    public async Task A_short_lease_taken_behind_a_long_one_runs_out_in_its_own_time()
    {
        await _registry.AddAsync(Workers.Worker("long"), TimeSpan.FromHours(1));
        await _registry.AddAsync(Workers.Worker("short"), Ttl);
        await using var watch = new WatchProbe(_registry);
        await watch.UntilMembersAreAsync("long", "short");
        await Settled(_actor);
        Advance(Ttl);
        await watch.UntilMembersAreAsync("long");
    }

    [Fact]
    public async Task An_update_is_told_and_one_under_a_lost_lease_or_of_another_incarnation_is_not_written()
    {
        var lease = (await _registry.AddAsync(Workers.Worker("a"), Ttl)).LeaseId;
        var draining = Workers.Worker("a") with { State = WorkerState.Draining };
        await using var watch = new WatchProbe(_registry);
        await watch.UntilMembersAreAsync("a");

        Assert.False(await _registry.UpdateAsync(lease + 1, draining, default));
        Assert.False(await _registry.UpdateAsync(lease, draining with { Incarnation = 2 }, default));
        Assert.True(await _registry.UpdateAsync(lease, draining, default));
        var change = Assert.Single((await watch.NextChangeAsync()).Changes!);
        Assert.Equal(draining, change.Item!.Worker);
    }

    [Fact]
    public async Task A_worker_that_gives_its_lease_back_is_gone_at_once_and_may_do_so_twice()
    {
        var lease = (await _registry.AddAsync(Workers.Worker("a"), Ttl)).LeaseId;
        await using var watch = new WatchProbe(_registry);
        await watch.UntilMembersAreAsync("a");
        await _registry.DeregisterAsync(lease, default);
        await _registry.DeregisterAsync(lease, default);
        await watch.UntilMembersAreAsync();
        Assert.Single(watch.Changes);
    }

    [Fact]
    public async Task A_watcher_that_ends_is_told_nothing_more()
    {
        var watch = new WatchProbe(_registry);
        await watch.NextReadAsync();
        var relay = await RelayAsync();
        Watch(relay);
        Assert.IsAssignableFrom<OperationCanceledException>(await watch.CancelAsync());
        ExpectTerminated(relay);

        // What a watch leaves behind would show as a dead letter.
        Sys.EventStream.Subscribe(TestActor, typeof(Akka.Event.DeadLetter));
        await Settled(_actor);
        await _registry.AddAsync(Workers.Worker("a"), Ttl);
        await Settled(_actor);
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task Several_watchers_see_the_same()
    {
        await using var first = new WatchProbe(_registry);
        await using var second = new WatchProbe(_registry);
        await first.NextReadAsync();
        await second.NextReadAsync();
        await _registry.AddAsync(Workers.Worker("a"), Ttl);
        await first.UntilMembersAreAsync("a");
        await second.UntilMembersAreAsync("a");
    }

    [Fact]
    public async Task Silence_is_unavailable_and_a_foreign_answer_is_refused()
    {
        var silent = new EmbeddedRegistry(Sys, TestActor, TimeSpan.FromMilliseconds(50));
        var timeout = await Assert.ThrowsAsync<RegistryUnavailableException>(() => silent.KeepAliveAsync(1, default));
        Assert.Equal("the balancer's embedded registry did not answer within 0.1 s (does the balancer use etcd? then this worker needs etcd too)",
            timeout.Message);

        var foreign = new EmbeddedRegistry(Sys, Sys.ActorOf(Props.Create(() => new Foreigner())), TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<RegistryRefusedException>(() => foreign.RegisterAsync(Workers.Worker("a"), Ttl, default));
    }

    [Fact]
    public async Task A_cancelled_request_is_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        var request = new EmbeddedRegistry(Sys, TestActor, TimeSpan.FromSeconds(60)).KeepAliveAsync(1, cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    /// <summary>The only other actor beside the registry.</summary>
    private Task<IActorRef> RelayAsync() => Sys.ActorSelection("/user/$*").ResolveOne(TimeSpan.FromSeconds(10));

    private sealed class Full : ReceiveActor
    {
        public Full() => Receive<Register>(_ => Sender.Tell(new RegisterRefused(0, "full")));
    }

    private sealed class Foreigner : ReceiveActor
    {
        public Foreigner() => ReceiveAny(_ => Sender.Tell("what?"));
    }
}
