using AkkaLb.Core;
using AkkaLb.Etcd;
using Google.Protobuf;

namespace AkkaLb.Registry.Etcd;

/// <summary>Which keys workers and a cluster of balancers use in etcd. The list of balancers is a service, see <see cref="EtcdBalancers"/>.</summary>
internal sealed class RegistryKeys(string prefix)
{
    /// <summary>The service that workers are registered as.</summary>
    public const string WorkersService = "workers";

    public EtcdKeyRange Workers { get; } = new($"{prefix}/{WorkersService}/");

    /// <summary>The service that what operators want of workers is kept as.</summary>
    public const string OverridesService = "overrides";

    public EtcdKeyRange Overrides { get; } = new($"{prefix}/{OverridesService}/");

    /// <summary>Members of the cluster of balancers.</summary>
    public EtcdKeyRange Cluster { get; } = new($"{prefix}/cluster/");

    /// <summary>Held by the balancer that forms the cluster, for as long as that takes.</summary>
    public ByteString ClusterForming { get; } = ByteString.CopyFromUtf8($"{prefix}/cluster-forming");

    /// <summary>Written when a cluster is begun, and never else: the revision of that write is the generation. Under no lease.</summary>
    public ByteString ClusterGeneration { get; } = ByteString.CopyFromUtf8($"{prefix}/cluster-generation");

    /// <exception cref="ArgumentException">The id breaks the rule of <see cref="WorkerIds"/>.</exception>
    public ByteString WorkerKey(string id) => Workers.KeyOf(Checked(id, WorkerIds.IsWorker(id)));

    /// <exception cref="ArgumentException">The id breaks the rule of <see cref="WorkerIds"/>.</exception>
    public ByteString OverrideKey(string id) => Overrides.KeyOf(Checked(id, WorkerIds.IsWorker(id)));

    /// <exception cref="ArgumentException">The id breaks the rule of <see cref="WorkerIds"/>.</exception>
    public ByteString ClusterKey(string id) => Cluster.KeyOf(Checked(id, WorkerIds.IsValid(id)));

    private static string Checked(string id, bool isValid) => isValid
        ? id
        : throw new ArgumentException(
            $"'{id}' is no valid id: 1 to {WorkerIds.LengthMax} ASCII letters, digits, dots, underscores and hyphens; of a worker of a service "
            + "service/name",
            nameof(id));
}
