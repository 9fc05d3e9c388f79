using Akka.Configuration;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;
using AkkaLb.Registry;
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
    public const string ModeIndependent = BalancerEntry.Independent;
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

    private static readonly ServiceSetting<TimeSpan> MaxWaitKey =
        ServiceSetting.Of("max-wait", path => Setting.Duration(path, TimeSpan.Zero, TimeSpan.FromHours(1)));
    private static readonly ServiceSetting<int> WaitingMaxKey = ServiceSetting.Of("waiting-max", path => Setting.Whole(path, 0, 1_000_000));
    private static readonly ServiceSetting<double> MemoryMaxKey = ServiceSetting.Of("memory-max", path => Setting.Fraction(path, 0.1, 1));
    private static readonly ServiceSetting<TimeSpan> SlowStartKey =
        ServiceSetting.Of("slow-start", path => Setting.Duration(path, TimeSpan.Zero, TimeSpan.FromHours(1)));
    private static readonly ServiceSetting<double> FailuresMaxKey = ServiceSetting.Of("failures-max", path => Setting.Fraction(path, 0.05, 1));
    private static readonly ServiceSetting<double> EjectedMaxKey = ServiceSetting.Of("ejected-max", path => Setting.Fraction(path, 0, 1));
    private static readonly ServiceSetting<double> ZoneSpillKey = ServiceSetting.Of("zone-spill", path => Setting.Fraction(path, 0, 100));
    private static readonly ServiceSetting<double> PanicBelowKey = ServiceSetting.Of("panic-below", path => Setting.Fraction(path, 0, 1));

    private static readonly Setting<string> ServicePolicyKey = Setting.Text("akkalb.balancer.services.*.policy")
        .WithFlag("--service", "NAME=POLICY,...", "policies of services beside the default one; others have that of --policy");

    public static readonly Setting<TimeSpan> WaitKey = Setting.Duration("akkalb.balancer.wait", TimeSpan.Zero, TimeSpan.FromHours(1))
        .WithFlag("--wait", "SECONDS", "how long to wait for etcd at the start (10)", "s");

    public static SettingsSchema Schema { get; } = new(
    [
        PolicyKey, ServicePolicyKey, IdKey, ModeKey, LeaseTtlKey, EarlyReportHoldKey, EarlyReportsMaxKey, WaitKey,
        .. MaxWaitKey.Both, .. WaitingMaxKey.Both, .. MemoryMaxKey.Both, .. SlowStartKey.Both, .. FailuresMaxKey.Both, .. EjectedMaxKey.Both,
        .. PanicBelowKey.Both, .. ZoneSpillKey.Both,
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

        var limits = ReadLimits(config, service: null, BalancerLimits.Default with
        {
            EarlyReportHold = config.Get(EarlyReportHoldKey),
            EarlyReportsMax = config.Get(EarlyReportsMaxKey),
        });

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
                    ? $"akkalb.balancer.services.{name}: the settings of the default service stand at akkalb.balancer, its policy at {PolicyKey}"
                    : $"akkalb.balancer.services.\"{OneLine.Of(name, 60)}\": a name must be {WorkerService.Rule}");
                continue;
            }

            var policy = config.GetFor(ServicePolicyKey, name, otherwise: null);
            if (policy is not null)
            {
                CheckPolicy(ServicePolicyKey with { Path = $"akkalb.balancer.services.{name}.policy" }, policy, problems);
            }

            services.Add(new ServiceSettings(name, policy, ReadLimits(config, name, limits)));
        }

        if (services.Count >= ServiceRules.CountMax)
        {
            problems.Add($"akkalb.balancer.services: {services.Count} are too many, a balancer serves {ServiceRules.CountMax} with the default one");
        }

        return services;
    }

    /// <param name="service">Null: every service that has no settings of its own.</param>
    /// <param name="otherwise">What is not set.</param>
    private static BalancerLimits ReadLimits(Config config, string? service, BalancerLimits otherwise) => otherwise with
    {
        WaitMax = MaxWaitKey.Read(config, service, otherwise.WaitMax),
        WaitingMax = WaitingMaxKey.Read(config, service, otherwise.WaitingMax),
        MemoryShareMax = MemoryMaxKey.Read(config, service, otherwise.MemoryShareMax),
        SlowStart = SlowStartKey.Read(config, service, otherwise.SlowStart),
        FailureShareMax = FailuresMaxKey.Read(config, service, otherwise.FailureShareMax),
        EjectedShareMax = EjectedMaxKey.Read(config, service, otherwise.EjectedShareMax),
        ZoneSpill = ZoneSpillKey.Read(config, service, otherwise.ZoneSpill),
        PanicShare = PanicBelowKey.Read(config, service, otherwise.PanicShare),
    };

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

/// <summary>A setting of every service, which one service may have otherwise.</summary>
/// <param name="Every"><c>akkalb.balancer.NAME</c>.</param>
/// <param name="One"><c>akkalb.balancer.services.*.NAME</c>.</param>
internal sealed record ServiceSetting<T>(Setting<T> Every, Setting<T> One)
{
    public IEnumerable<SettingKey> Both => [Every, One];

    /// <param name="service">Null: of every service.</param>
    /// <param name="otherwise">When the service has none of its own.</param>
    public T Read(Config config, string? service, T otherwise) =>
        service is null ? config.Get(Every) : config.GetFor(One, service, otherwise)!;
}

/// <summary>Makes them.</summary>
internal static class ServiceSetting
{
    /// <param name="setting">By its path.</param>
    public static ServiceSetting<T> Of<T>(string name, Func<string, Setting<T>> setting) =>
        new(setting($"akkalb.balancer.{name}"), setting($"akkalb.balancer.services.*.{name}"));
}
