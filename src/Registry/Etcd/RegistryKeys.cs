using AkkaLb.Core;
using AkkaLb.Etcd;
using Google.Protobuf;

namespace AkkaLb.Registry.Etcd;

/// <summary>Which keys AkkaLb uses in etcd: <c>{prefix}/workers/{id}</c> and <c>{prefix}/balancers/{id}</c>.</summary>
internal sealed class RegistryKeys(string prefix)
{
    public EtcdKeyRange Workers { get; } = new($"{prefix}/workers/");

    public EtcdKeyRange Balancers { get; } = new($"{prefix}/balancers/");

    /// <exception cref="ArgumentException">The id breaks the rule of <see cref="WorkerIds"/>.</exception>
    public ByteString WorkerKey(string id) => Workers.KeyOf(Checked(id));

    /// <exception cref="ArgumentException">The id breaks the rule of <see cref="WorkerIds"/>.</exception>
    public ByteString BalancerKey(string id) => Balancers.KeyOf(Checked(id));

    private static string Checked(string id) => WorkerIds.IsValid(id)
        ? id
        : throw new ArgumentException($"'{id}' is no valid id: 1 to {WorkerIds.LengthMax} ASCII letters, digits, dots, underscores and hyphens", nameof(id));
}
