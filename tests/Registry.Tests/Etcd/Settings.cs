using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Registry.Tests.Etcd;

internal static class Settings
{
    /// <summary>Patient with a loaded machine, quick to notice an outage.</summary>
    public static EtcdSettings For(EtcdProcess etcd) => For(etcd.Port) with { RequestTimeout = TimeSpan.FromSeconds(5) };

    public static EtcdSettings For(int port) => new([new EtcdEndpoint("127.0.0.1", port)])
    {
        ReconnectDelayMin = TimeSpan.FromMilliseconds(20),
        ReconnectDelayMax = TimeSpan.FromMilliseconds(200),
    };

    public static EtcdRegistry Open(this EtcdSettings settings) => new(settings, TimeProvider.System, new Random(4053));
}
