namespace AkkaLb.Coordination.Etcd.Tests;

public class LeaseSimulationTests
{
    private static readonly LeaseTimings Timings = new(
        Ttl: TimeSpan.FromSeconds(15), RenewInterval: TimeSpan.FromSeconds(5), SafetyMargin: TimeSpan.FromSeconds(1.5),
        OperationTimeout: TimeSpan.FromSeconds(5));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Whatever_is_lost_late_paused_or_slow_two_never_hold_it_at_once(int contenders)
    {
        var (ownerships, losses) = (0, 0);
        for (var seed = 1; seed <= 1000; seed++)
        {
            // A clock may be slow by as much as the margin is of the TTL.
            var simulation = new LeaseSimulation(seed, Timings, contenders, slowest: 0.9);
            simulation.Run(TimeSpan.FromMinutes(5));
            Assert.True(simulation.Violation is null, $"seed {seed}, {contenders} contenders: {simulation.Violation}");
            (ownerships, losses) = (ownerships + simulation.Ownerships, losses + simulation.Losses);
        }

        // The search went where it hurts.
        Assert.True(ownerships > 2000, $"only {ownerships} ownerships");
        Assert.True(losses > 500, $"only {losses} losses");
    }

    [Fact]
    public void The_same_search_finds_two_holders_when_a_clock_is_slower_than_the_margin_allows() =>
        Assert.Contains(Enumerable.Range(1, 200), seed =>
        {
            var simulation = new LeaseSimulation(seed, Timings with { SafetyMargin = TimeSpan.Zero }, contenders: 3, slowest: 0.8);
            simulation.Run(TimeSpan.FromMinutes(5));
            return simulation.Violation?.Contains("both hold", StringComparison.Ordinal) == true;
        });
}
