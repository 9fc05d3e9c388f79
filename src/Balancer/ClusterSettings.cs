using System.Globalization;
using Akka.Configuration;
using AkkaLb.Core.Clusters;
using AkkaLb.Etcd;
using AkkaLb.Hosting.Hocon;
using AkkaLb.Hosting.Settings;
using AkkaLb.Messages;

namespace AkkaLb.Balancer;

/// <summary>How balancers of one cluster watch each other. Defaults and meanings: <c>akkalb.cluster</c> in <c>hocon/balancer.hocon</c>.</summary>
/// <param name="HeartbeatPause">How long another balancer may be silent before it counts as unreachable.</param>
/// <param name="StableAfter">How long the picture of who is unreachable must stand before anybody is removed for it.</param>
/// <param name="LeaseTtl">Of the deciding lease, of the one that decides splits, and of the entry in the cluster; whole seconds.</param>
/// <param name="JoinTimeout">How long a start may take.</param>
public sealed record ClusterSettings(TimeSpan HeartbeatPause, TimeSpan StableAfter, TimeSpan LeaseTtl, TimeSpan JoinTimeout)
{
    /// <summary>Role of every balancer in the cluster.</summary>
    public const string Role = "balancer";

    /// <summary>Section of the leases on etcd.</summary>
    private const string LeaseSection = "akka.coordination.lease.etcd";
    private const string HeartbeatPauseKey = "akkalb.cluster.heartbeat-pause";
    private const string StableAfterKey = "akkalb.cluster.stable-after";
    private const string LeaseTtlKey = "akkalb.cluster.lease-ttl";
    private const string JoinTimeoutKey = "akkalb.cluster.join-timeout";

    public static IReadOnlyList<SettingKey> Keys { get; } =
    [
        new(HeartbeatPauseKey, SettingKind.Duration(TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5))),
        new(StableAfterKey, SettingKind.Duration(TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5))),
        new(LeaseTtlKey, SettingKind.Duration(TimeSpan.FromSeconds(2), TimeSpan.FromHours(1))),
        new(JoinTimeoutKey, SettingKind.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
    ];

    /// <summary>Looks at the registry a second apart, and draws conclusions from strangers there after a split has had time to be decided twice.
    /// A node that fails to reach etcd for twice its lease has lost that by then, and a short outage is over.</summary>
    public FormationSettings Formation => new(
        JoinTimeout,
        TimeSpan.FromMilliseconds(250),
        TimeSpan.FromSeconds(1),
        2 * (HeartbeatPause + StableAfter + LeaseTtl),
        2 * LeaseTtl);

    public static ClusterSettings Read(Config config, List<string> problems) => new(
        config.ReadDuration(HeartbeatPauseKey),
        config.ReadDuration(StableAfterKey),
        CommonSettings.ReadTtl(config, LeaseTtlKey, "", problems),
        config.ReadDuration(JoinTimeoutKey));

    /// <summary>Akka's own settings that follow from these, so that nobody has to write them.</summary>
    /// <remarks>
    /// Gossip and the leader's actions are quicker than Akka's defaults, which suit hundreds of nodes; a few balancers can afford it. Who survives a split
    /// is decided by a lease in etcd. That a decision is late because the picture keeps changing is no reason to end all: the deciding lease stands.
    /// </remarks>
    /// <param name="etcd">Where etcd is.</param>
    /// <param name="config">The operator's, for what is said there of TLS and passwords to etcd.</param>
    public Config ToAkka(EtcdSettings etcd, Config config) => ConfigurationFactory.ParseString(
        $$"""
        akka {
          actor.provider = cluster
          cluster {
            roles = [{{Role}}]
            log-info = off
            retry-unsuccessful-join-after = 2s
            seed-node-timeout = 2s
            periodic-tasks-initial-delay = 200ms
            gossip-interval = 200ms
            leader-actions-interval = 200ms
            unreachable-nodes-reaper-interval = 250ms
            allow-weakly-up-members = off
            run-coordinated-shutdown-when-down = on
            failure-detector {
              heartbeat-interval = 500ms
              expected-response-after = 500ms
              acceptable-heartbeat-pause = {{Ms(HeartbeatPause)}}
            }
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            split-brain-resolver {
              active-strategy = lease-majority
              stable-after = {{Ms(StableAfter)}}
              down-all-when-unstable = {{Ms((4 * StableAfter) + TimeSpan.FromSeconds(20))}}
              lease-majority {
                lease-implementation = "{{LeaseSection}}"
                acquire-lease-delay-for-minority = 1s
                role = {{Role}}
              }
            }
            singleton {
              role = {{Role}}
              use-lease = "{{LeaseSection}}"
              lease-retry-interval = 250ms
              hand-over-retry-interval = 200ms
              min-number-of-hand-over-retries = 25
            }
            singleton-proxy {
              role = {{Role}}
              singleton-identification-interval = 100ms
              log-singleton-identification-failure = false
              buffer-size = 0
            }
            pub-sub.gossip-interval = 250ms
            client.receptionist.response-tunnel-receive-timeout = 10s
          }
          coordination.lease.etcd {
            request-timeout = {{Ms(etcd.RequestTimeout)}}
            heartbeat-timeout = {{Ms(LeaseTtl)}}
            lease-operation-timeout = 3s
          }
        }
        """).WithFallback(WayToEtcd(etcd, config)).WithFallback(ClusterConfig.MemberDefaults).WithFallback(Coordination.Etcd.EtcdLeaseProvider.DefaultConfig());

    /// <summary>The leases reach etcd as everything else does.</summary>
    private static Config WayToEtcd(EtcdSettings etcd, Config config) => new FlagOverlay()
        .SetList($"{LeaseSection}.{EtcdSettingsReader.EndpointsKey}", string.Join(',', etcd.Endpoints))
        .Set($"{LeaseSection}.{EtcdSettingsReader.PrefixKey}", $"{etcd.Prefix}/leases")
        .Set($"{LeaseSection}.{EtcdSettingsReader.CaKey}", config.ReadText(NodeKeys.EtcdCa))
        .Set($"{LeaseSection}.{EtcdSettingsReader.CertificateKey}", config.ReadText(NodeKeys.EtcdCertificate))
        .Set($"{LeaseSection}.{EtcdSettingsReader.KeyKey}", config.ReadText(NodeKeys.EtcdKey))
        .Set($"{LeaseSection}.{EtcdSettingsReader.UserKey}", config.ReadText(NodeKeys.EtcdUser))
        .Set($"{LeaseSection}.{EtcdSettingsReader.PasswordKey}", config.ReadText(NodeKeys.EtcdPassword))
        .Set($"{LeaseSection}.{EtcdSettingsReader.PasswordFileKey}", config.ReadText(NodeKeys.EtcdPasswordFile))
        .ToConfig();

    private static string Ms(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalMilliseconds}ms");
}
