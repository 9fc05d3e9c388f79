using Akka.Configuration;
using AkkaLb.Core.Balancing;
using AkkaLb.Hosting;
using AkkaLb.Hosting.Hocon;
using AkkaLb.Hosting.Settings;

namespace AkkaLb.Balancer;

/// <summary>What a balancer reads from HOCON and flags, checked. Defaults and meanings: <c>hocon/balancer.hocon</c>.</summary>
/// <param name="Policy">Null: ask for it.</param>
/// <param name="Id">Its name in etcd.</param>
/// <param name="LeaseTtl">Of its own entry in etcd.</param>
/// <param name="Wait">How long it waits for etcd at the start.</param>
/// <param name="Cluster">Null: it decides by itself, beside others if there are any.</param>
public sealed record BalancerSettings(
    CommonSettings Common,
    string? Policy,
    string Id,
    TimeSpan LeaseTtl,
    BalancerLimits Limits,
    TimeSpan Wait,
    ClusterSettings? Cluster)
{
    public const string ModeIndependent = "independent";
    public const string ModeSingleton = "singleton";

    public static readonly Setting<string> PolicyKey = Setting.Text("akkalb.balancer.policy")
        .WithFlag("--policy", "NAME", $"who gets the next job: {Core.Policies.Policy.Names}");

    public static readonly Setting<string> ModeKey = Setting.Choice("akkalb.balancer.mode", ModeIndependent, ModeSingleton)
        .WithFlag(
            "--mode", $"{ModeIndependent}|{ModeSingleton}",
            "with several balancers: each decides by itself (independent), or one of them decides and the others stand by (singleton, needs etcd)");

    public static readonly Setting<string> IdKey = Setting.Text("akkalb.balancer.id")
        .WithFlag("--id", "NAME", "name of this balancer in etcd (host name and process id)");

    private static readonly Setting<TimeSpan> LeaseTtlKey =
        Setting.Duration("akkalb.balancer.lease-ttl", TimeSpan.FromSeconds(2), TimeSpan.FromHours(1));
    private static readonly Setting<TimeSpan> EarlyReportHoldKey =
        Setting.Duration("akkalb.balancer.early-report-hold", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
    private static readonly Setting<int> EarlyReportsMaxKey = Setting.Whole("akkalb.balancer.early-reports-max", 0, 1_000_000);

    private static readonly Setting<TimeSpan> MaxWaitKey = Setting.Duration("akkalb.balancer.max-wait", TimeSpan.Zero, TimeSpan.FromHours(1));
    private static readonly Setting<int> WaitingMaxKey = Setting.Whole("akkalb.balancer.waiting-max", 0, 1_000_000);

    public static readonly Setting<TimeSpan> WaitKey = Setting.Duration("akkalb.balancer.wait", TimeSpan.Zero, TimeSpan.FromHours(1))
        .WithFlag("--wait", "SECONDS", "how long to wait for etcd at the start (10)", "s");

    public static SettingsSchema Schema { get; } = new(
    [
        PolicyKey, IdKey, ModeKey, LeaseTtlKey, EarlyReportHoldKey, EarlyReportsMaxKey, MaxWaitKey, WaitingMaxKey, WaitKey,
        .. ClusterSettings.Keys,
        .. NodeKeys.Common,
    ]);

    /// <summary>How it decides, by its name in HOCON.</summary>
    public string Mode => Cluster is null ? ModeIndependent : ModeSingleton;

    /// <exception cref="SettingsException">Something is wrong; all of it is named.</exception>
    public static BalancerSettings Read(Config config)
    {
        var problems = new List<string>();
        var policy = config.Get(PolicyKey);
        if (policy.Length > 0 && Core.Policies.Policy.All.All(p => p.Name != policy))
        {
            problems.Add($"{PolicyKey} = {policy}: must be one of {Core.Policies.Policy.Names}");
        }

        var isSingleton = config.Get(ModeKey) == ModeSingleton;
        if (isSingleton && config.Get(NodeKeys.Registry) != NodeKeys.RegistryEtcd)
        {
            problems.Add($"{ModeKey} = {ModeSingleton}: needs etcd, which says who decides: use --etcd URL, or set {NodeKeys.Registry.Path} = "
                + $"{NodeKeys.RegistryEtcd}");
        }

        var cluster = ClusterSettings.Read(config, problems);
        var settings = new BalancerSettings(
            CommonSettings.Read(config, problems),
            policy.Length == 0 ? null : policy,
            CommonSettings.ReadId(config, IdKey, NodeIdentity.DefaultId(), problems),
            CommonSettings.ReadTtl(config, LeaseTtlKey, problems),
            new BalancerLimits(
                config.Get(EarlyReportHoldKey), config.Get(EarlyReportsMaxKey), config.Get(MaxWaitKey), config.Get(WaitingMaxKey)),
            config.Get(WaitKey),
            isSingleton ? cluster : null);
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }
}
