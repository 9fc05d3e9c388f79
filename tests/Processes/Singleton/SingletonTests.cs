using System.Diagnostics;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes.Singleton;

/// <summary>One deciding balancer of three: what becomes of assignments and jobs when it is frozen or cut off from the others; never do two
/// decide.</summary>
public sealed class SingletonTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_last_balancer_continues_when_the_one_that_had_decided_about_the_first_dead_is_killed_too()
    {
        await using var stage = await SingletonStage.StartAsync(output, "lease-ttl = 15s");
        var (first, term) = (stage.Active, stage.Askers.Seen[^1].Term);

        first.Process.Signal(Signals.Kill);
        var second = await stage.DeciderOfSplitsAsync();
        second.Process.Signal(Signals.Kill);

        var last = stage.Balancers.Single(b => b != first && b != second);
        var next = stage.Askers.UntilAsync(s => s.Term > term, SingletonStage.EndBound);
        Assert.True(await Task.WhenAny(next, last.Process.Ended) == next, last.Process.Describe());
        Assert.Equal(last.Address, (await next).From);
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

    [Fact]
    public async Task A_deciding_balancer_that_is_cut_off_from_the_others_and_from_etcd_gives_way_and_never_two_decide()
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var load = await stage.StartLoadAsync(13);
        var (active, term) = (stage.Active, stage.Askers.Seen[^1].Term);
        var from = Stopwatch.GetTimestamp();

        active.CutFrom([.. stage.Balancers.Where(b => b != active)]);
        active.ToEtcd.Silence();

        var next = await stage.FollowAsync("partition, etcd out of reach of the active", from, term, load);
        Assert.NotEqual(active.Address, next.From);
        await EndsRemovedAsync(active);
        stage.Print($"{stage.Askers}");
        stage.Askers.AssertOneAtATime();
    }

    private static async Task EndsRemovedAsync(SingletonStage.Node node)
    {
        var ending = await node.Process.EndedAsync(SingletonStage.EndBound);
        Assert.True(ending.ExitCode == 3, ending.ToString());
        Assert.Contains(ending.Error, l => l.StartsWith(
            "AkkaLb.Balancer: ", StringComparison.Ordinal) && l.EndsWith("start it again", StringComparison.Ordinal));
        Assert.DoesNotContain(ending.Error, StackTraces.IsLine);
    }
}
