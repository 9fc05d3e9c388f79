using AkkaLb.Programs;
using AkkaLb.Registry.Etcd;
using Microsoft.Extensions.Hosting;

namespace AkkaLb.Balancer;

/// <summary>Where the members of the cluster announce themselves, and their settings as etcd's shortest lease allows them.</summary>
internal sealed class ClusterRegistryPart(BalancerSettings settings, ClusterSettings wanted, RegistryPart registry) : IHostedService
{
    private TimeSpan _shortest;
    private EtcdClusterRegistry? _cluster;

    public EtcdClusterRegistry Cluster => _cluster ?? throw new InvalidOperationException("it has not been started");

    public ClusterSettings Settings => wanted.ForShortestLease(_shortest);

    /// <summary>What etcd has changed in the settings, for the operator; null: nothing.</summary>
    public string? WhyLonger => wanted.WhyLonger(_shortest);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await registry.AskAsync(
            async stopping => _shortest = await registry.Etcd!.ShortestLeaseAsync(stopping).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);
        _cluster = new EtcdClusterRegistry(settings.Common.Etcd!, settings.Id, Settings.LeaseTtl, TimeProvider.System);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _cluster?.DisposeAsync().AsTask() ?? Task.CompletedTask;
}
