using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Etcd;

namespace AkkaLb.Coordination.Etcd;

/// <summary>The leases on etcd of one actor system: their defaults, their connections, and how to find one. Thread-safe.</summary>
public sealed class EtcdLeaseProvider : IExtension
{
    private readonly ConcurrentDictionary<string, Lazy<EtcdConnection>> _connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<EtcdLease, bool> _leases = new();

    internal EtcdLeaseProvider(ExtendedActorSystem system) => system.RegisterOnTermination(Stop);

    /// <summary>The provider of this actor system.</summary>
    public static EtcdLeaseProvider Get(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return system.WithExtension<EtcdLeaseProvider, EtcdLeaseProviderId>();
    }

    /// <summary>The defaults, below <c>akka.coordination.lease.etcd</c>. Put them under your own configuration:
    /// <c>config.WithFallback(EtcdLeaseProvider.DefaultConfig())</c>.</summary>
    public static Config DefaultConfig() => ConfigurationFactory.FromResource<EtcdLeaseProvider>("AkkaLb.Coordination.Etcd.reference.conf");

    /// <summary>The lease of this name in this system; null when there is none. With several of one name, one that is held if any is.</summary>
    /// <remarks>The cluster singleton names its lease <c>{system's name}-singleton-{path of the singleton manager}</c>; inside the singleton
    /// actor that is <c>$"{Context.System.Name}-singleton-{Context.Parent.Path}"</c>. The split brain resolver's is <c>{system's
    /// name}-akka-sbr</c> unless configured.</remarks>
    public EtcdLease? Find(string leaseName)
    {
        EtcdLease? found = null;
        foreach (var (lease, _) in _leases)
        {
            if (lease.Settings.LeaseName == leaseName && (found is null || lease.CheckLease()))
            {
                found = lease;
            }
        }

        return found;
    }

    /// <summary>Leases of one section share a connection.</summary>
    internal EtcdConnection ConnectionFor(string section, EtcdSettings settings) =>
        _connections.GetOrAdd(section, _ => new Lazy<EtcdConnection>(() => new EtcdConnection(settings, TimeProvider.System))).Value;

    internal void Add(EtcdLease lease) => _leases[lease] = true;

    /// <summary>Nothing is revoked: a split brain resolver's lease must outlive its system, and whoever wants to release does so before.</summary>
    private void Stop()
    {
        foreach (var (lease, _) in _leases)
        {
            lease.Stop();
        }

        foreach (var connection in _connections.Values)
        {
            connection.Value.Dispose();
        }
    }
}

/// <summary>Identifies <see cref="EtcdLeaseProvider"/> among the extensions of an actor system.</summary>
public sealed class EtcdLeaseProviderId : ExtensionIdProvider<EtcdLeaseProvider>
{
    public override EtcdLeaseProvider CreateExtension(ExtendedActorSystem system) => new(system);
}
