using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Hosting.Hocon;
using AkkaLb.Hosting.Settings;
using AkkaLb.Messages;

namespace AkkaLb.ClientNode;

/// <summary>What the client program reads from HOCON and flags, checked. Defaults and meanings: <c>hocon/client.hocon</c>.</summary>
/// <param name="Balancers">Null: those in etcd.</param>
/// <param name="ShutdownWait">How long an interrupted client waits for what is in flight.</param>
public sealed record ClientNodeSettings(
    CommonSettings Common,
    IReadOnlyList<Address>? Balancers,
    UserMessages Messages,
    ClientSettings Client,
    TimeSpan ConnectTimeout,
    TimeSpan ShutdownWait,
    BalancerContact Contact)
{
    public const string ContactKey = "akkalb.client.contact";
    public const string ContactDirect = "direct";
    public const string ContactReceptionist = "receptionist";
    private const string ConnectTimeoutKey = "akkalb.client.connect-timeout";
    private const string AssignTimeoutKey = "akkalb.client.assign-timeout";
    private const string LeaveOutForKey = "akkalb.client.leave-out-for";
    private const string BackOffFirstKey = "akkalb.client.back-off-first";
    private const string BackOffMaxKey = "akkalb.client.back-off-max";
    private const string SendsMaxKey = "akkalb.client.sends-max";
    private const string RulingDelayKey = "akkalb.client.ruling-delay";
    private const string JobsMaxKey = "akkalb.client.jobs-max";
    private const string RetryRatioKey = "akkalb.client.retry-ratio";
    private const string RetriesPerSecondMinKey = "akkalb.client.retries-per-second-min";
    private const string GateSilenceKey = "akkalb.client.gate-silence";
    private const string GateTimeoutKey = "akkalb.client.gate-timeout";
    private const string ShutdownWaitKey = "akkalb.client.shutdown-wait";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static SettingsSchema Schema { get; } = new(
    [
        .. NodeKeys.Common,
        .. NodeKeys.BalancersAndMessages,
        new(ContactKey, SettingKind.Choice(ContactDirect, ContactReceptionist), "--contact"),
        new(ConnectTimeoutKey, SettingKind.Duration(TimeSpan.FromMilliseconds(100), Hour)),
        new(AssignTimeoutKey, SettingKind.Duration(TimeSpan.FromMilliseconds(10), Minute)),
        new(LeaveOutForKey, SettingKind.Duration(TimeSpan.Zero, Hour)),
        new(BackOffFirstKey, SettingKind.Duration(TimeSpan.FromMilliseconds(1), Minute)),
        new(BackOffMaxKey, SettingKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10))),
        new(SendsMaxKey, SettingKind.Whole(1, 1000)),
        new(RulingDelayKey, SettingKind.Duration(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(10))),
        new(JobsMaxKey, SettingKind.Whole(1, 10_000_000)),
        new(RetryRatioKey, SettingKind.Fraction(0, 10)),
        new(RetriesPerSecondMinKey, SettingKind.Fraction(0, 100_000)),
        new(GateSilenceKey, SettingKind.Duration(TimeSpan.FromMilliseconds(100), Hour)),
        new(GateTimeoutKey, SettingKind.Duration(TimeSpan.FromMilliseconds(100), Hour)),
        new(ShutdownWaitKey, SettingKind.Duration(TimeSpan.Zero, Minute)),
    ]);

    /// <exception cref="SettingsException">Something is wrong; all of it is named.</exception>
    public static ClientNodeSettings Read(Config config)
    {
        var problems = new List<string>();
        var (first, max) = (config.ReadDuration(BackOffFirstKey), config.ReadDuration(BackOffMaxKey));
        if (first > max)
        {
            problems.Add($"{BackOffFirstKey} = {first.TotalMilliseconds} ms: must be at most {BackOffMaxKey}, which is {max.TotalMilliseconds} ms");
        }

        var (silence, gateTimeout) = (config.ReadDuration(GateSilenceKey), config.ReadDuration(GateTimeoutKey));
        if (silence > gateTimeout)
        {
            problems.Add(
                $"{GateSilenceKey} = {silence.TotalMilliseconds} ms: must be at most {GateTimeoutKey}, which is {gateTimeout.TotalMilliseconds} ms");
        }

        var settings = new ClientNodeSettings(
            CommonSettings.Read(config, problems),
            CommonSettings.ReadBalancers(config, problems),
            CommonSettings.ReadMessages(config, problems),
            new ClientSettings(
                config.ReadDuration(AssignTimeoutKey),
                config.ReadDuration(LeaveOutForKey),
                new BackOff(first, max),
                config.ReadInt(SendsMaxKey),
                config.ReadDuration(RulingDelayKey),
                config.ReadInt(JobsMaxKey),
                new RetryBudgetSettings(config.ReadFraction(RetryRatioKey), config.ReadFraction(RetriesPerSecondMinKey)),
                silence,
                gateTimeout),
            config.ReadDuration(ConnectTimeoutKey),
            config.ReadDuration(ShutdownWaitKey),
            config.ReadText(ContactKey) == ContactReceptionist ? BalancerContact.Receptionist : BalancerContact.Direct);
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }
}
