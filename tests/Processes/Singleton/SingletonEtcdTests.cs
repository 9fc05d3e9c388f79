using System.Diagnostics;
using Xunit.Abstractions;

namespace AkkaLb.Processes.Singleton;

/// <summary>One deciding balancer of three, and an etcd that one or all of them cannot reach or that went back in time.</summary>
public sealed class SingletonEtcdTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_deciding_balancer_that_alone_cannot_reach_etcd_makes_way_for_the_others()
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var load = await stage.StartLoadAsync(20);
        var (active, term, from) = (stage.Active, stage.Askers.Seen[^1].Term, Stopwatch.GetTimestamp());

        active.ToEtcd.Silence();

        var next = await stage.FollowAsync("etcd out of reach of the active, no partition", from, term, load);
        Assert.NotEqual(active.Address, next.From);
        Assert.Equal(3, (await active.Process.EndedAsync(SingletonStage.EndBound)).ExitCode);
        stage.Print($"{stage.Askers}");
        stage.Askers.AssertOneAtATime();
    }

    [Fact]
    public async Task While_etcd_is_down_nobody_decides_beyond_the_lease_and_all_continue_when_it_is_back_also_from_before_the_cluster_was_formed()
    {
        var backup = "";
        await using var stage = await SingletonStage.StartAsync(output, prepare: async etcd =>
        {
            backup = await etcd.BackUpAsync();
            await etcd.SpendRevisionsAsync(30);
        });
        var load = await stage.StartLoadAsync(14);
        var term = stage.Askers.Seen[^1].Term;
        stage.Print($"etcd before: {await stage.Etcd.StatusAsync()}");

        stage.Etcd.Kill();
        var from = Stopwatch.GetTimestamp();
        var last = await stage.Askers.UntilSilentAsync(SingletonStage.EndBound);
        stage.Print($"etcd down for all: the last assignment {Stopwatch.GetElapsedTime(from, last.At).TotalSeconds:0.00} s later");
        await stage.Etcd.RestartAsync();

        stage.Print($"etcd after: {await stage.Etcd.StatusAsync()}");
        await stage.FollowAsync("etcd down for all", from, term, load);
        // Nothing renewed the lease any more; one second is for the way of the answer.
        Assert.True(Stopwatch.GetElapsedTime(from, last.At) < SingletonStage.DecidingTtl + TimeSpan.FromSeconds(1));
        stage.Print($"{stage.Askers}");
        stage.Askers.AssertOneAtATime();

        load = await stage.StartLoadAsync(12);
        (var active, term, from) = (stage.Active, stage.Askers.Seen[^1].Term, Stopwatch.GetTimestamp());
        await stage.Etcd.RestoreAsync(backup);
        await stage.Etcd.RestartAsync();

        stage.Print($"etcd restored: {await stage.Etcd.StatusAsync()}");
        await stage.EndOfLoadAsync("etcd restored from a backup", load);
        stage.Print($"etcd restored: {stage.Askers.LongestGap(from, Stopwatch.GetTimestamp()).TotalSeconds:0.00} s without assignments; "
            + $"{stage.Askers}");
        Assert.All(stage.Balancers, b => Assert.False(b.Process.Ended.IsCompleted));
        // The oldest of the cluster stays the oldest, so the same one takes the lease again. Its number is smaller: revisions went back.
        Assert.All(stage.Askers.Seen.Where(s => s.At > from), s => Assert.Equal(active.Address, s.From));
        Assert.True(stage.Askers.Seen[^1].Term < term);
        Assert.All(stage.Balancers, b => Assert.Contains(
            b.Process.Error.Texts, l => l.Contains("continues as generation", StringComparison.Ordinal)));
    }
}
