using AkkaLb.Core;
using AkkaLb.Etcd;
using Google.Protobuf;

namespace AkkaLb.Registry.Etcd;

/// <summary>Which keys workers use in etcd: <c>{prefix}/workers/{id}</c>. Balancers are a service, see <see cref="EtcdBalancers"/>.</summary>
internal sealed class RegistryKeys(string prefix)
{
    public EtcdKeyRange Workers { get; } = new($"{prefix}/workers/");

    /// <exception cref="ArgumentException">The id breaks the rule of <see cref="WorkerIds"/>.</exception>
    public ByteString WorkerKey(string id) => Workers.KeyOf(Checked(id));

    private static string Checked(string id) => WorkerIds.IsValid(id)
        ? id
        : throw new ArgumentException($"'{id}' is no valid id: 1 to {WorkerIds.LengthMax} ASCII letters, digits, dots, underscores and hyphens", nameof(id));
}
