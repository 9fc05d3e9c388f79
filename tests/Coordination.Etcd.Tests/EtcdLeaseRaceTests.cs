namespace AkkaLb.Coordination.Etcd.Tests;

public class EtcdLeaseRaceTests(EtcdFixture fixture) : IClassFixture<EtcdFixture>
{
    private const int Rounds = 200;

    [Fact]
    public async Task Two_systems_racing_two_hundred_times_never_both_hold_it()
    {
        await using var one = LeaseHost.Start(fixture.Etcd);
        await using var two = LeaseHost.Start(fixture.Etcd);
        EtcdLease[] leases = [one.Lease("race", "one"), two.Lease("race", "two")];
        var (lastToken, wins) = (0L, new int[2]);
        for (var round = 0; round < Rounds; round++)
        {
            var won = await Task.WhenAll(leases.Select(l => l.Acquire()));

            Assert.True(won.Count(w => w) == 1, $"round {round}: {won[0]}, {won[1]}");
            Assert.Equal(won, leases.Select(l => l.CheckLease()));
            var winner = Array.IndexOf(won, true);
            Assert.True(leases[winner].FencingToken > lastToken, $"round {round}: token {leases[winner].FencingToken} after {lastToken}");
            lastToken = leases[winner].FencingToken;
            wins[winner]++;
            Assert.True(await leases[winner].Release());
        }

        Assert.Equal(Rounds, wins.Sum());
    }
}
