using System.Globalization;
using Akka.Configuration;
using AkkaLb.Clusters;
using AkkaLb.Coordination.Etcd;
using AkkaLb.Core.Clusters;
using AkkaLb.Core.Registration;
using AkkaLb.Etcd;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Balancer;

/// <summary>How balancers of one cluster watch each other. Defaults and meanings: <c>akkalb.cluster</c> in <c>hocon/balancer.hocon</c>.</summary>
/// <param name="HeartbeatPause">How long another balancer may be silent before it counts as unreachable.</param>
/// <param name="StableAfter">How long the picture of who is unreachable must stand before anybody is removed for it.</param>
/// <param name="LeaseTtl">Of the deciding lease and of the entry in the cluster; whole seconds.</param>
/// <param name="JoinTimeout">How long a start may take.</param>
public sealed record ClusterSettings(TimeSpan HeartbeatPause, TimeSpan StableAfter, TimeSpan LeaseTtl, TimeSpan JoinTimeout)
{
    /// <summary>Role of every balancer in the cluster.</summary>
    public const string Role = "balancer";

    /// <summary>Section of the lease on etcd under which one decides.</summary>
    private const string DecidingSection = "akka.coordination.lease.etcd";

    /// <summary>Section of the lease on etcd that decides splits.</summary>
    private const string SplitsSection = "akka.coordination.lease.etcd-splits";

    /// <summary>How much sooner than anybody could want it a dead balancer's lease has to run out, see <see cref="SplitsTtl"/>.</summary>
    private static readonly TimeSpan LeaseEndSlack = TimeSpan.FromSeconds(2);

    private static readonly Setting<TimeSpan> HeartbeatPauseKey =
        Setting.Duration("akkalb.cluster.heartbeat-pause", TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5));
    private static readonly Setting<TimeSpan> StableAfterKey =
        Setting.Duration("akkalb.cluster.stable-after", TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5));
    private static readonly Setting<TimeSpan> LeaseTtlKey =
        Setting.Duration("akkalb.cluster.lease-ttl", TimeSpan.FromSeconds(2), TimeSpan.FromHours(1));
    private static readonly Setting<TimeSpan> JoinTimeoutKey =
        Setting.Duration("akkalb.cluster.join-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));

    public static IReadOnlyList<SettingKey> Keys { get; } = [HeartbeatPauseKey, StableAfterKey, LeaseTtlKey, JoinTimeoutKey];

    /// <summary>TTL of the lease that decides splits, whole seconds, 2 s or more: it has run out when anybody could want the lease of a dead
    /// balancer.</summary>
    /// <remarks>
    /// <para>The balancer that decided about a split keeps that lease for a while (<c>release-after</c>, 40 s). Should it die then, the others
    /// notice after the heartbeat pause, wait until the picture is stable, and try for the lease once: those that are refused end. The 2 s are
    /// for etcd, which ends a lease up to half a second late, and for the heartbeat that the dead one may have sent half a second before its last
    /// renewal. Where pause and stability together are below 4 s, the least TTL is still longer than that.</para>
    /// <para>Too short a TTL costs members, not safety. A balancer that decided and lives renews the lease until the other side has been refused,
    /// whatever the TTL. It loses it only when it is paused, or cannot reach etcd, for that long: the other side may then get it too, and both
    /// continue. Still no two decide, for that takes the other lease, which has the whole <see cref="LeaseTtl"/>; and each side finds strangers
    /// in the registry, and all but the side of the one that has been there longest end (see <see cref="ClusterFormation"/>).</para>
    /// </remarks>
    public TimeSpan SplitsTtl
    {
        get
        {
            var seconds = Math.Floor((HeartbeatPause + StableAfter - LeaseEndSlack).TotalSeconds);
            return TimeSpan.FromSeconds(Math.Max(2, Math.Min(seconds, LeaseTtl.TotalSeconds)));
        }
    }

    /// <summary>Looks at the registry a second apart, and draws conclusions from strangers there after a split has had time to be decided twice.
    /// A node that fails to reach etcd for twice its lease has lost that by then, and a short outage is over.</summary>
    public FormationSettings Formation => new(
        JoinTimeout,
        TimeSpan.FromMilliseconds(250),
        TimeSpan.FromSeconds(1),
        2 * (HeartbeatPause + StableAfter + LeaseTtl),
        LeaseTtl + RegistrationSettings.ExpirySlack,
        2 * LeaseTtl);

    /// <summary>These settings for an etcd that grants no lease shorter than this, whatever it is asked for: its <c>--election-timeout</c> is
    /// long. A dead balancer's leases live that long, so nobody may draw conclusions earlier: of two deaths close together the second would end
    /// those that are left.</summary>
    public ClusterSettings ForShortestLease(TimeSpan shortest)
    {
        var late = shortest + LeaseEndSlack - HeartbeatPause;
        return this with
        {
            LeaseTtl = shortest > LeaseTtl ? shortest : LeaseTtl,
            JoinTimeout = shortest > LeaseTtl && 2 * shortest > JoinTimeout ? 2 * shortest : JoinTimeout,
            StableAfter = shortest > SplitsTtl && late > StableAfter ? late : StableAfter,
        };
    }

    /// <summary>What <see cref="ForShortestLease"/> has changed, for the operator; null: nothing.</summary>
    public string? WhyLonger(TimeSpan shortest)
    {
        var longer = ForShortestLease(shortest);
        return longer == this ? null : FormattableString.Invariant(
            $"etcd grants no lease below {shortest.TotalSeconds:0} s, because its --election-timeout is long; ")
            + FormattableString.Invariant($"{SplitsTtl.TotalSeconds:0} s and {LeaseTtl.TotalSeconds:0} s were to be asked for. ")
            + FormattableString.Invariant($"This balancer uses {LeaseTtlKey} = {longer.LeaseTtl.TotalSeconds:0.#}s and ")
            + FormattableString.Invariant($"{StableAfterKey} = {longer.StableAfter.TotalSeconds:0.#}s: ")
            + "a balancer that died is replaced that much later";
    }

    public static ClusterSettings Read(Config config, List<string> problems) => new(
        config.Get(HeartbeatPauseKey),
        config.Get(StableAfterKey),
        CommonSettings.ReadTtl(config, LeaseTtlKey, problems),
        config.Get(JoinTimeoutKey));

    /// <summary>Akka's own settings that follow from these, so that nobody has to write them.</summary>
    /// <remarks>
    /// Gossip and the leader's actions are quicker than Akka's defaults, which suit hundreds of nodes; a few balancers can afford it. Which side
    /// survives a split is decided by a lease in etcd. That a decision is late because the picture keeps changing is no reason to end all: the
    /// deciding lease stands.
    /// </remarks>
    /// <param name="etcd">Where etcd is.</param>
    /// <param name="config">The operator's, for what is said there of TLS and passwords to etcd.</param>
    public Config ToAkka(EtcdSettings etcd, Config config) => ConfigurationFactory.ParseString(
        $$"""
        akka {
          actor.provider = cluster

          # While etcd is away the last balancer has nobody to hand over to, and Akka would wait 10 s for it.
          coordinated-shutdown.phases.cluster-exiting.timeout = 5s
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
                lease-implementation = "{{SplitsSection}}"
                acquire-lease-delay-for-minority = 1s
                role = {{Role}}
              }
            }
            singleton {
              role = {{Role}}
              use-lease = "{{DecidingSection}}"
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
        }
        """)
        .WithFallback(LeaseOf(DecidingSection, LeaseTtl, etcd, config))
        .WithFallback(OperatorsWayToEtcd(config))
        .WithFallback(LeaseOf(SplitsSection, SplitsTtl, etcd, config))
        .WithFallback(ClusterConfig.MemberDefaults)
        .WithFallback(EtcdLeaseProvider.DefaultConfig());

    /// <summary>A lease's section, whole but for what the lease takes from its own defaults. The leases reach etcd as everything else does.</summary>
    private static Config LeaseOf(string section, TimeSpan ttl, EtcdSettings etcd, Config config) => new FlagOverlay()
        .Set($"{section}.lease-class", "AkkaLb.Coordination.Etcd.EtcdLease, AkkaLb.Coordination.Etcd")
        .Set($"{section}.heartbeat-timeout", Ms(ttl))
        .Set($"{section}.heartbeat-interval", "0s")
        .Set($"{section}.lease-operation-timeout", "3s")
        .Set($"{section}.{EtcdSettingsReader.RequestTimeoutKey}", Ms(etcd.RequestTimeout))
        .SetList($"{section}.{EtcdSettingsReader.EndpointsKey}", string.Join(',', etcd.Endpoints))
        .Set($"{section}.{EtcdSettingsReader.PrefixKey}", $"{etcd.Prefix}/leases")
        .Set($"{section}.{EtcdSettingsReader.CaKey}", config.Get(NodeKeys.EtcdCa))
        .Set($"{section}.{EtcdSettingsReader.CertificateKey}", config.Get(NodeKeys.EtcdCertificate))
        .Set($"{section}.{EtcdSettingsReader.KeyKey}", config.Get(NodeKeys.EtcdKey))
        .Set($"{section}.{EtcdSettingsReader.UserKey}", config.Get(NodeKeys.EtcdUser))
        .Set($"{section}.{EtcdSettingsReader.PasswordKey}", config.Get(NodeKeys.EtcdPassword))
        .Set($"{section}.{EtcdSettingsReader.PasswordFileKey}", config.Get(NodeKeys.EtcdPasswordFile))
        .ToConfig();

    /// <summary>What an operator writes of the way to etcd in the deciding lease's section holds for the lease that decides splits too.
    /// The times of each are its own.</summary>
    private static Config OperatorsWayToEtcd(Config config)
    {
        string[] keys =
        [
            EtcdSettingsReader.RequestTimeoutKey, EtcdSettingsReader.EndpointsKey, EtcdSettingsReader.PrefixKey, EtcdSettingsReader.CaKey,
            EtcdSettingsReader.CertificateKey, EtcdSettingsReader.KeyKey, EtcdSettingsReader.UserKey, EtcdSettingsReader.PasswordKey,
            EtcdSettingsReader.PasswordFileKey,
        ];
        var overlay = new FlagOverlay();
        foreach (var key in keys.Where(k => config.HasPath($"{DecidingSection}.{k}")))
        {
            var (from, to) = ($"{DecidingSection}.{key}", $"{SplitsSection}.{key}");
            _ = config.GetValue(from).IsArray() ? overlay.SetItems(to, config.GetStringList(from)) : overlay.Set(to, config.GetString(from));
        }

        return overlay.ToConfig();
    }

    private static string Ms(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalMilliseconds}ms");
}
