namespace AkkaLb.Tests.Support.Etcd;

/// <summary>A throwaway etcd of several members on loopback. Each can be killed, stopped, frozen and started again by itself.</summary>
/// <remarks>Disposing it kills all of them and deletes their data.</remarks>
public sealed class EtcdCluster : IAsyncDisposable
{
    private const int StartAttemptsMax = 5;

    private EtcdCluster(IReadOnlyList<EtcdProcess> members) => Members = members;

    public IReadOnlyList<EtcdProcess> Members { get; }

    /// <summary>All client addresses, separated by commas, as <c>--etcd</c> and etcdctl want them.</summary>
    public string Endpoints => string.Join(',', Members.Select(m => m.Endpoint));

    /// <summary>Starts them together and waits until all are healthy.</summary>
    /// <exception cref="InvalidOperationException">etcd is not installed, or does not start; the message says what to do.</exception>
    public static async Task<EtcdCluster> StartAsync(int count = 3, EtcdTimers? timers = null, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var token = Path.GetRandomFileName();
            var cluster = new EtcdCluster([.. Enumerable.Range(0, count).Select(i =>
                EtcdProcess.NewMember(FormattableString.Invariant($"n{i}"), token, timers ?? EtcdTimers.Steady))]);
            var isUp = false;
            try
            {
                var initialCluster = string.Join(',', cluster.Members.Select(m => m.Introduction));
                var joined = await Task.WhenAll(cluster.Members.Select(m => m.TryJoinAsync(initialCluster, cancellationToken)));
                isUp = joined.All(j => j);
            }
            finally
            {
                if (!isUp)
                {
                    await cluster.DisposeAsync();
                }
            }

            if (isUp)
            {
                return cluster;
            }

            if (attempt == StartAttemptsMax)
            {
                throw new InvalidOperationException($"etcd found its ports taken {attempt} times");
            }
        }
    }

    /// <summary>The member that all the others that run take for the leader; waits until there is one.</summary>
    public async Task<EtcdProcess> LeaderAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var statuses = await StatusAsync();
            if (statuses.SingleOrDefault(s => s.IsLeader) is { } leader && statuses.All(s => s.Leader == leader.MemberId))
            {
                return Members.Single(m => m.IsRunning && m.Pid == leader.Pid);
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Of those that run, by their own data.</summary>
    public Task<EtcdStatus[]> StatusAsync() => Task.WhenAll(Members.Where(m => m.IsRunning).Select(m => m.StatusAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members)
        {
            await member.DisposeAsync();
        }
    }
}
