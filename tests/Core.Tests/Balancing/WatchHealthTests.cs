using AkkaLb.Core.Balancing;

namespace AkkaLb.Core.Tests.Balancing;

public sealed class WatchHealthTests
{
    private readonly WatchHealth _health = new(isInProcess: false);

    [Fact]
    public void Before_the_first_snapshot_it_is_not_connected_and_nothing_is_proved() =>
        Assert.Equal((false, null, 0, 0, ""), State(now: 9));

    [Fact]
    public void The_first_snapshot_connects_and_each_later_one_is_a_resync()
    {
        _health.Snapshot(Seconds(1));
        Assert.Equal((true, 2.0, 0, 0, ""), State(now: 3));
        _health.Snapshot(Seconds(4));
        _health.Snapshot(Seconds(5));
        Assert.Equal((true, 0.0, 2, 0, ""), State(now: 5));
    }

    [Fact]
    public void A_proof_of_life_is_as_old_as_the_last_word_of_the_registry()
    {
        _health.Snapshot(Seconds(1));
        _health.Proved(Seconds(6));
        Assert.Equal((true, 4.0, 0, 0, ""), State(now: 10));
    }

    [Fact]
    public void An_outage_counts_once_keeps_its_proofs_age_growing_and_leaves_its_last_words_behind()
    {
        _health.Snapshot(Seconds(1));
        _health.Disconnected("refused");
        _health.Disconnected("no answer");
        Assert.Equal((false, 8.0, 0, 1, "no answer"), State(now: 9));
        _health.Connected(Seconds(10));
        Assert.Equal((true, 0.0, 0, 1, "no answer"), State(now: 10));
        _health.Disconnected("again");
        Assert.Equal((false, 1.0, 0, 2, "again"), State(now: 11));
    }

    [Fact]
    public void An_outage_that_was_there_from_the_start_counts()
    {
        _health.Disconnected("refused");
        Assert.Equal((false, null, 0, 1, "refused"), State(now: 1));
    }

    [Fact]
    public void A_registry_in_the_process_is_proved_at_every_moment_after_its_snapshot()
    {
        var health = new WatchHealth(isInProcess: true);
        Assert.Null(health.ProofAge(Seconds(1)));
        health.Snapshot(Seconds(2));
        Assert.Equal(TimeSpan.Zero, health.ProofAge(Seconds(100)));
    }

    private static TimeSpan Seconds(int n) => TimeSpan.FromSeconds(n);

    private (bool, double?, long, long, string) State(int now) =>
        (_health.IsConnected, _health.ProofAge(Seconds(now))?.TotalSeconds, _health.Resyncs, _health.Disconnects, _health.LastProblem);
}
