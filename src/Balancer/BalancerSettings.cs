using Akka.Configuration;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
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
    public const string PolicyKey = "akkalb.balancer.policy";
    public const string ModeKey = "akkalb.balancer.mode";
    public const string ModeIndependent = "independent";
    public const string ModeSingleton = "singleton";
    public const string IdKey = "akkalb.balancer.id";
    public const string WaitKey = "akkalb.balancer.wait";
    private const string LeaseTtlKey = "akkalb.balancer.lease-ttl";
    private const string EarlyReportHoldKey = "akkalb.balancer.early-report-hold";
    private const string EarlyReportsMaxKey = "akkalb.balancer.early-reports-max";

    public static SettingsSchema Schema { get; } = new(
    [
        .. NodeKeys.Common,
        new(PolicyKey, SettingKind.Text, "--policy"),
        new(ModeKey, SettingKind.Choice(ModeIndependent, ModeSingleton), "--mode"),
        new(IdKey, SettingKind.Text, "--id"),
        new(LeaseTtlKey, SettingKind.Duration(TimeSpan.FromSeconds(2), TimeSpan.FromHours(1))),
        new(EarlyReportHoldKey, SettingKind.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10))),
        new(EarlyReportsMaxKey, SettingKind.Whole(0, 1_000_000)),
        new(WaitKey, SettingKind.Duration(TimeSpan.Zero, TimeSpan.FromHours(1)), "--wait"),
        .. ClusterSettings.Keys,
    ]);

    /// <summary>How it decides, by its name in HOCON.</summary>
    public string Mode => Cluster is null ? ModeIndependent : ModeSingleton;

    /// <exception cref="SettingsException">Something is wrong; all of it is named.</exception>
    public static BalancerSettings Read(Config config)
    {
        var problems = new List<string>();
        var policy = config.ReadText(PolicyKey);
        if (policy.Length > 0 && PolicyNames.All.All(p => p.Name != policy))
        {
            problems.Add($"{PolicyKey} (--policy) = {policy}: must be one of {string.Join(", ", PolicyNames.All.Select(p => p.Name))}");
        }

        var isSingleton = config.ReadText(ModeKey) == ModeSingleton;
        if (isSingleton && config.ReadText(NodeKeys.Registry) != NodeKeys.RegistryEtcd)
        {
            problems.Add($"{ModeKey} (--mode) = {ModeSingleton}: needs etcd, which says who decides: use --etcd URL, or set {NodeKeys.Registry} = "
                + $"{NodeKeys.RegistryEtcd}");
        }

        var cluster = ClusterSettings.Read(config, problems);
        var settings = new BalancerSettings(
            CommonSettings.Read(config, problems),
            policy.Length == 0 ? null : policy,
            CommonSettings.ReadId(config, IdKey, " (--id)", NodeIdentity.DefaultId(), problems),
            CommonSettings.ReadTtl(config, LeaseTtlKey, "", problems),
            new BalancerLimits(config.ReadDuration(EarlyReportHoldKey), config.ReadInt(EarlyReportsMaxKey)),
            config.ReadDuration(WaitKey),
            isSingleton ? cluster : null);
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }
}
