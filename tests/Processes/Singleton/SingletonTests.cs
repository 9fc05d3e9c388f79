using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Tools.Client;
using AkkaLb.Messages;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes.Singleton;

/// <summary>One deciding balancer of three: what becomes of assignments and jobs when it is killed, stopped, frozen, or cut off; never do two decide.</summary>
public sealed class SingletonTests(ITestOutputHelper output)
{
    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task When_the_deciding_balancer_is_killed_another_takes_over_and_no_job_is_lost()
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var load = await stage.StartLoadAsync(12);
        var (active, term, from) = (stage.Active, stage.Askers.Seen[^1].Term, Stopwatch.GetTimestamp());

        active.Process.Signal(Signals.Kill);

        var next = await stage.FollowAsync("kill -9", from, term, load);
        Assert.NotEqual(active.Address, next.From);
        stage.Print($"{stage.Askers}");
        stage.Askers.AssertOneAtATime();
    }

    [Fact]
    public async Task The_last_balancer_goes_on_when_the_one_that_had_decided_about_the_first_dead_is_killed_too()
    {
        await using var stage = await SingletonStage.StartAsync(output, "lease-ttl = 15s");
        var (first, term) = (stage.Active, stage.Askers.Seen[^1].Term);

        first.Process.Signal(Signals.Kill);
        var second = await stage.DeciderOfSplitsAsync();
        second.Process.Signal(Signals.Kill);

        var last = stage.Balancers.Single(b => b != first && b != second);
        var next = stage.Askers.UntilAsync(s => s.Term > term, EndBound);
        Assert.True(await Task.WhenAny(next, last.Process.Ended) == next, last.Process.Describe());
        Assert.Equal(last.Address, (await next).From);
        stage.Askers.AssertOneAtATime();
    }

    [Fact]
    public async Task When_the_deciding_balancer_is_asked_to_stop_it_hands_over()
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var load = await stage.StartLoadAsync(6);
        var (active, term, from) = (stage.Active, stage.Askers.Seen[^1].Term, Stopwatch.GetTimestamp());

        active.Process.Signal(Signals.Terminate);

        var next = await stage.FollowAsync("SIGTERM", from, term, load);
        Assert.NotEqual(active.Address, next.From);
        Assert.Equal(0, (await active.Process.EndedAsync(EndBound)).ExitCode);
        stage.Print($"{stage.Askers}");
        stage.Askers.AssertOneAtATime();
    }

    [Fact]
    public async Task A_deciding_balancer_that_was_frozen_never_decides_again_and_ends()
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var load = await stage.StartLoadAsync(13);
        var (active, term) = (stage.Active, stage.Askers.Seen[^1].Term);
        var from = 0L;

        await stage.Askers.QuietlyAsync(() =>
        {
            active.Process.Signal(Signals.Stop);
            from = Stopwatch.GetTimestamp();
        });
        await stage.FollowAsync("SIGSTOP", from, term, load);
        active.Process.Signal(Signals.Continue);

        await EndsRemovedAsync(active);
        stage.Print($"{stage.Askers}");
        stage.Askers.AssertOneAtATime();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_deciding_balancer_that_is_cut_off_from_the_others_gives_way_and_never_two_decide(bool reachesEtcd)
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var load = await stage.StartLoadAsync(13);
        var (active, term) = (stage.Active, stage.Askers.Seen[^1].Term);
        var from = Stopwatch.GetTimestamp();

        active.CutFrom([.. stage.Balancers.Where(b => b != active)]);
        if (!reachesEtcd)
        {
            active.ToEtcd.Silence();
        }

        var next = await stage.FollowAsync(reachesEtcd ? "partition, etcd reached by both sides" : "partition, etcd out of reach of the active", from, term, load);
        Assert.NotEqual(active.Address, next.From);
        await EndsRemovedAsync(active);
        stage.Print($"{stage.Askers}");
        stage.Askers.AssertOneAtATime();
    }

    [Fact]
    public async Task A_deciding_balancer_that_alone_cannot_reach_etcd_makes_way_for_the_others()
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var load = await stage.StartLoadAsync(20);
        var (active, term, from) = (stage.Active, stage.Askers.Seen[^1].Term, Stopwatch.GetTimestamp());

        active.ToEtcd.Silence();

        var next = await stage.FollowAsync("etcd out of reach of the active, no partition", from, term, load);
        Assert.NotEqual(active.Address, next.From);
        Assert.Equal(3, (await active.Process.EndedAsync(EndBound)).ExitCode);
        stage.Print($"{stage.Askers}");
        stage.Askers.AssertOneAtATime();
    }

    [Fact]
    public async Task While_etcd_is_down_for_all_nobody_decides_beyond_the_lease_and_all_go_on_when_it_is_back()
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var load = await stage.StartLoadAsync(20);
        var term = stage.Askers.Seen[^1].Term;
        var before = await stage.Etcd.StatusAsync();

        stage.Etcd.Kill();
        var from = Stopwatch.GetTimestamp();
        var last = await stage.Askers.UntilSilentAsync(EndBound);
        stage.Print($"etcd down for all: the last assignment {Stopwatch.GetElapsedTime(from, last.At).TotalSeconds:0.00} s later");
        await stage.Etcd.RestartAsync();

        stage.Print($"etcd before: {before}, after: {await stage.Etcd.StatusAsync()}");
        await stage.FollowAsync("etcd down for all", from, term, load);
        // Nothing renewed the lease any more; one second is for the way of the answer.
        Assert.True(Stopwatch.GetElapsedTime(from, last.At) < SingletonStage.DecidingTtl + TimeSpan.FromSeconds(1));
        Assert.All(stage.Balancers, b => Assert.False(b.Process.Ended.IsCompleted));
        stage.Print($"{stage.Askers}");
        stage.Askers.AssertOneAtATime();
    }

    [Fact]
    public async Task When_etcd_comes_back_from_before_the_cluster_was_formed_all_go_on_and_no_job_is_lost()
    {
        var backup = "";
        await using var stage = await SingletonStage.StartAsync(output, prepare: async etcd =>
        {
            backup = await etcd.BackUpAsync();
            await etcd.SpendRevisionsAsync(30);
        });
        var load = await stage.StartLoadAsync(20);
        var (active, term, from) = (stage.Active, stage.Askers.Seen[^1].Term, Stopwatch.GetTimestamp());
        var before = await stage.Etcd.StatusAsync();

        await stage.Etcd.RestoreAsync(backup);
        await stage.Etcd.RestartAsync();

        stage.Print($"etcd before: {before}, after: {await stage.Etcd.StatusAsync()}");
        await stage.EndOfLoadAsync("etcd restored from a backup", load);
        stage.Print($"etcd restored: {stage.Askers.LongestGap(from, Stopwatch.GetTimestamp()).TotalSeconds:0.00} s without assignments; {stage.Askers}");
        Assert.All(stage.Balancers, b => Assert.False(b.Process.Ended.IsCompleted));
        // The oldest of the cluster stays the oldest, so the same one takes the lease again. Its number is smaller: revisions went back.
        Assert.All(stage.Askers.Seen, s => Assert.Equal(active.Address, s.From));
        Assert.True(stage.Askers.Seen[^1].Term < term);
        Assert.All(stage.Balancers, b => Assert.Contains(b.Process.Error.Texts, l => l.Contains("goes on as generation", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Clients_outside_the_cluster_get_to_the_deciding_balancer_through_any_receptionist()
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var (active, term) = (stage.Active, stage.Askers.Seen[^1].Term);
        var standBy = stage.Balancers.First(b => b != active).Address;

        Assert.Equal(term, (await AskThroughReceptionistAsync(standBy)).Term);

        var load = await stage.StartLoadAsync(12, "--contact", "receptionist");
        var from = Stopwatch.GetTimestamp();
        active.Process.Signal(Signals.Kill);
        await stage.FollowAsync("kill -9, clients through receptionists", from, term, load);
        stage.Askers.AssertOneAtATime();
    }

    /// <summary>As any Akka application would, with Akka's own cluster client.</summary>
    private static async Task<Assigned> AskThroughReceptionistAsync(string contact)
    {
        using var system = ActorSystem.Create(
            SystemConfig.SystemName,
            ClusterConfig.ClientSerialization
                .WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF")
                .WithFallback(ClusterConfig.ClientDefaults)
                .WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));
        var receptionist = ActorPath.Parse($"akka.tcp://{SystemConfig.SystemName}@{contact}/system/receptionist");
        var client = system.ActorOf(ClusterClient.Props(ClusterClientSettings.Create(system).WithInitialContacts([receptionist])));
        var question = new ClusterClient.Send("/user/balancer", new Assign(7, 1, [], null, TimeSpan.FromSeconds(5)), localAffinity: true);
        using var end = new CancellationTokenSource(EndBound);
        while (true)
        {
            end.Token.ThrowIfCancellationRequested();
            try
            {
                // Until the client has found the receptionist, what it is told is dropped.
                if (await client.Ask<object>(question, TimeSpan.FromSeconds(2)) is Assigned assigned)
                {
                    await system.Terminate();
                    return assigned;
                }
            }
            catch (AskTimeoutException)
            {
            }
        }
    }

    private static async Task EndsRemovedAsync(SingletonStage.Node node)
    {
        var ending = await node.Process.EndedAsync(EndBound);
        Assert.True(ending.ExitCode == 3, ending.ToString());
        Assert.Contains(ending.Error, l => l.StartsWith("AkkaLb.Balancer: ", StringComparison.Ordinal) && l.EndsWith("start it again", StringComparison.Ordinal));
        Assert.DoesNotContain(ending.Error, StackTraces.IsLine);
    }
}
