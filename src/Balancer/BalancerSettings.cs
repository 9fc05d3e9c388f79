using Akka.Configuration;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Hosting;
using AkkaLb.Hosting.Hocon;
using AkkaLb.Hosting.Settings;
using AkkaLb.Registry.Etcd;

namespace AkkaLb.Balancer;

/// <summary>What a balancer reads from HOCON and flags, checked. Defaults and meanings: <c>hocon/balancer.hocon</c>.</summary>
/// <param name="Policy">Null: ask for it.</param>
/// <param name="Id">Its name in etcd.</param>
/// <param name="Services">Those with rules of their own, by name; without a policy they have that of the default one.</param>
/// <param name="LeaseTtl">Of its own entry in etcd.</param>
/// <param name="Wait">How long it waits for etcd at the start.</param>
/// <param name="Cluster">Null: it decides by itself, beside others if there are any.</param>
public sealed record BalancerSettings(
    CommonSettings Common,
    string? Policy,
    string Id,
    TimeSpan LeaseTtl,
    BalancerLimits Limits,
    IReadOnlyList<ServiceSettings> Services,
    TimeSpan Wait,
    ClusterSettings? Cluster)
{
    public const string ModeIndependent = "independent";
    public const string ModeSingleton = "singleton";

    /// <summary>What a policy takes in the text of all policies, with the signs around it.</summary>
    private static readonly int PolicyNameMax = Core.Policies.Policy.All.Max(p => p.Name.Length) + 2;

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

    private static readonly Setting<double> MemoryMaxKey = Setting.Fraction("akkalb.balancer.memory-max", 0.1, 1);

    private static readonly Setting<string> ServicePolicyKey = Setting.Text("akkalb.balancer.services.*.policy")
        .WithFlag("--service", "NAME=POLICY,...", "policies of services beside the default one; others have that of --policy");

    private static readonly Setting<TimeSpan> ServiceMaxWaitKey =
        Setting.Duration("akkalb.balancer.services.*.max-wait", TimeSpan.Zero, TimeSpan.FromHours(1));
    private static readonly Setting<int> ServiceWaitingMaxKey = Setting.Whole("akkalb.balancer.services.*.waiting-max", 0, 1_000_000);
    private static readonly Setting<double> ServiceMemoryMaxKey = Setting.Fraction("akkalb.balancer.services.*.memory-max", 0.1, 1);

    public static readonly Setting<TimeSpan> WaitKey = Setting.Duration("akkalb.balancer.wait", TimeSpan.Zero, TimeSpan.FromHours(1))
        .WithFlag("--wait", "SECONDS", "how long to wait for etcd at the start (10)", "s");

    public static SettingsSchema Schema { get; } = new(
    [
        PolicyKey, ServicePolicyKey, IdKey, ModeKey, LeaseTtlKey, EarlyReportHoldKey, EarlyReportsMaxKey, MaxWaitKey, WaitingMaxKey,
        MemoryMaxKey, ServiceMemoryMaxKey,
        ServiceMaxWaitKey, ServiceWaitingMaxKey, WaitKey,
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
        if (policy.Length > 0)
        {
            CheckPolicy(PolicyKey, policy, problems);
        }

        var limits = new BalancerLimits(
            config.Get(EarlyReportHoldKey), config.Get(EarlyReportsMaxKey), config.Get(MaxWaitKey), config.Get(WaitingMaxKey),
            config.Get(MemoryMaxKey));

        var isSingleton = config.Get(ModeKey) == ModeSingleton;
        if (isSingleton && config.Get(NodeKeys.Registry) != NodeKeys.RegistryEtcd)
        {
            problems.Add($"{ModeKey} = {ModeSingleton}: needs etcd, which says who decides: use --etcd URL, or set {NodeKeys.Registry.Path} = "
                + $"{NodeKeys.RegistryEtcd}");
        }

        var cluster = ClusterSettings.Read(config, problems);
        var services = ReadServices(config, limits, problems);
        if (isSingleton && services.Sum(s => s.Name.Length + PolicyNameMax) > ClusterValue.PolicyLengthMax - PolicyNameMax)
        {
            problems.Add($"akkalb.balancer.services: {services.Count} names of this length are too many for {ModeKey} = {ModeSingleton}");
        }

        var settings = new BalancerSettings(
            CommonSettings.Read(config, problems),
            policy.Length == 0 ? null : policy,
            CommonSettings.ReadId(config, IdKey, NodeIdentity.DefaultId(), problems),
            CommonSettings.ReadTtl(config, LeaseTtlKey, problems),
            limits,
            services,
            config.Get(WaitKey),
            isSingleton ? cluster : null);
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }

    /// <summary>How each service is balanced, when the default one has this policy.</summary>
    public ServiceRules RulesWith(string policyName)
    {
        var rule = new ServiceRule(Core.Policies.Policy.Of(policyName), Limits);
        return new ServiceRules(rule)
        {
            Named = [.. Services.Select(s => KeyValuePair.Create(
                s.Name, new ServiceRule(s.Policy is null ? rule.Policy : Core.Policies.Policy.Of(s.Policy), s.Limits)))],
        };
    }

    private static List<ServiceSettings> ReadServices(Config config, BalancerLimits limits, List<string> problems)
    {
        var services = new List<ServiceSettings>();
        foreach (var name in config.NamesOf(ServicePolicyKey))
        {
            if (name == WorkerService.Default || !WorkerService.IsValid(name))
            {
                problems.Add(name == WorkerService.Default
                    ? $"akkalb.balancer.services.{name}: the policy of the default service is {PolicyKey}"
                    : $"akkalb.balancer.services: a name must be {WorkerService.Rule}");
                continue;
            }

            var policy = config.GetFor(ServicePolicyKey, name, otherwise: null);
            if (policy is not null)
            {
                CheckPolicy(ServicePolicyKey with { Path = $"akkalb.balancer.services.{name}.policy" }, policy, problems);
            }

            services.Add(new ServiceSettings(name, policy, limits with
            {
                WaitMax = config.GetFor(ServiceMaxWaitKey, name, limits.WaitMax),
                WaitingMax = config.GetFor(ServiceWaitingMaxKey, name, limits.WaitingMax),
                MemoryShareMax = config.GetFor(ServiceMemoryMaxKey, name, limits.MemoryShareMax),
            }));
        }

        if (services.Count >= ServiceRules.CountMax)
        {
            problems.Add($"akkalb.balancer.services: {services.Count} are too many, a balancer serves {ServiceRules.CountMax} with the default one");
        }

        return services;
    }

    private static void CheckPolicy(SettingKey key, string policy, List<string> problems)
    {
        if (Core.Policies.Policy.All.All(p => p.Name != policy))
        {
            problems.Add($"{key} = {policy}: must be one of {Core.Policies.Policy.Names}");
        }
    }
}

/// <summary>What a service has of its own.</summary>
/// <param name="Policy">Null: that of the default service.</param>
/// <param name="Limits">Bounds of its tables.</param>
public sealed record ServiceSettings(string Name, string? Policy, BalancerLimits Limits);
