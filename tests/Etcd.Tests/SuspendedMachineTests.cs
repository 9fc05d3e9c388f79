using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Etcd.Tests;

/// <summary>A machine that was suspended: its monotonic clock stood still, while etcd's continued. No lease is trusted by our clock alone.</summary>
public sealed class SuspendedMachineTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private readonly ManualTime _time = new();

    [Fact]
    public async Task After_the_machine_slept_longer_than_a_lease_the_next_renewal_finds_it_gone()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        var settings = new EtcdSettings([new EtcdEndpoint("127.0.0.1", etcd.Port)]) { RequestTimeout = TimeSpan.FromMinutes(1) };
        using var connection = new EtcdConnection(settings, _time);
        await using var keeper = await EtcdLeaseKeeper.GrantAsync(connection, TimeSpan.FromSeconds(1), default).WaitAsync(Bound);
        var lost = new TaskCompletionSource();
        await using var registration = keeper.Lost.Register(lost.SetResult);

        // Asleep: etcd ends the lease; our clock has not moved, by which it would live on.
        while (await IsKnownAsync(etcd, keeper.LeaseId))
        {
        }

        Assert.False(lost.Task.IsCompleted);

        // Awake: the renewal falls due a third of the time to live after the last one.
        _time.Advance(keeper.Ttl / 3);
        await lost.Task.WaitAsync(Bound);
        Assert.Contains("does not know the lease any more", keeper.LostReason, StringComparison.Ordinal);
        Assert.False(keeper.IsHeld);
    }

    private static async Task<bool> IsKnownAsync(EtcdProcess etcd, long lease)
    {
        var leases = await etcd.Etcdctl("lease", "list");
        return leases.Contains(FormattableString.Invariant($"{lease:x}"), StringComparison.Ordinal);
    }
}
