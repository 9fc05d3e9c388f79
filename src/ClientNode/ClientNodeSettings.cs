using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Messages;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;

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
    public const string ContactDirect = "direct";
    public const string ContactReceptionist = "receptionist";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static readonly Setting<string> ContactKey = Setting.Choice("akkalb.client.contact", ContactDirect, ContactReceptionist)
        .WithFlag(
            "--contact", $"{ContactDirect}|{ContactReceptionist}",
            "how to get to a balancer: itself (direct), or, in a cluster of balancers, the deciding one through any member's receptionist");

    public static readonly Setting<string> ZoneKey = Setting.Text("akkalb.client.zone")
        .WithFlag("--zone", "NAME", "where it is: workers of this zone are preferred");

    private static readonly Setting<TimeSpan> ConnectTimeoutKey =
        Setting.Duration("akkalb.client.connect-timeout", TimeSpan.FromMilliseconds(100), Hour);
    private static readonly Setting<TimeSpan> AssignTimeoutKey =
        Setting.Duration("akkalb.client.assign-timeout", TimeSpan.FromMilliseconds(10), Minute);
    private static readonly Setting<TimeSpan> LeaveOutForKey = Setting.Duration("akkalb.client.leave-out-for", TimeSpan.Zero, Hour);
    private static readonly Setting<TimeSpan> BackOffFirstKey =
        Setting.Duration("akkalb.client.back-off-first", TimeSpan.FromMilliseconds(1), Minute);
    private static readonly Setting<TimeSpan> BackOffMaxKey =
        Setting.Duration("akkalb.client.back-off-max", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10));
    private static readonly Setting<int> SendsMaxKey = Setting.Whole("akkalb.client.sends-max", 1, 1000);
    private static readonly Setting<TimeSpan> RulingDelayKey =
        Setting.Duration("akkalb.client.ruling-delay", TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(10));
    private static readonly Setting<int> JobsMaxKey = Setting.Whole("akkalb.client.jobs-max", 1, 10_000_000);
    private static readonly Setting<int> RepliesBytesMaxKey = Setting.Whole("akkalb.client.replies-bytes-max", (int)ReplyTally.Window, int.MaxValue);
    private static readonly Setting<int> PicksAheadMaxKey = Setting.Whole("akkalb.client.picks-ahead-max", 0, Assign.AheadMax);
    private static readonly Setting<double> RetryRatioKey = Setting.Fraction("akkalb.client.retry-ratio", 0, 10);
    private static readonly Setting<double> RetriesPerSecondMinKey = Setting.Fraction("akkalb.client.retries-per-second-min", 0, 100_000);
    private static readonly Setting<TimeSpan> GateSilenceKey = Setting.Duration("akkalb.client.gate-silence", TimeSpan.FromMilliseconds(100), Hour);
    private static readonly Setting<TimeSpan> GateTimeoutKey = Setting.Duration("akkalb.client.gate-timeout", TimeSpan.FromMilliseconds(100), Hour);
    private static readonly Setting<TimeSpan> ShutdownWaitKey = Setting.Duration("akkalb.client.shutdown-wait", TimeSpan.Zero, Minute);

    public static SettingsSchema Schema { get; } = new(
    [
        .. NodeKeys.BalancersAndMessages,
        ContactKey, ZoneKey, ConnectTimeoutKey, AssignTimeoutKey, LeaveOutForKey, BackOffFirstKey, BackOffMaxKey, SendsMaxKey, RulingDelayKey,
        JobsMaxKey, RepliesBytesMaxKey, PicksAheadMaxKey, RetryRatioKey, RetriesPerSecondMinKey, GateSilenceKey, GateTimeoutKey,
        ShutdownWaitKey,
        .. NodeKeys.Common,
    ]);

    /// <exception cref="SettingsException">Something is wrong; all of it is named.</exception>
    public static ClientNodeSettings Read(Config config)
    {
        var problems = new List<string>();
        var (first, max) = (config.Get(BackOffFirstKey), config.Get(BackOffMaxKey));
        if (first > max)
        {
            problems.Add($"{BackOffFirstKey} = {first.TotalMilliseconds} ms: must be at most {BackOffMaxKey}, which is {max.TotalMilliseconds} ms");
        }

        var (silence, gateTimeout) = (config.Get(GateSilenceKey), config.Get(GateTimeoutKey));
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
                config.Get(AssignTimeoutKey),
                config.Get(LeaveOutForKey),
                new BackOff(first, max),
                config.Get(SendsMaxKey),
                config.Get(RulingDelayKey),
                config.Get(JobsMaxKey),
                new RetryBudgetSettings(config.Get(RetryRatioKey), config.Get(RetriesPerSecondMinKey)),
                silence,
                gateTimeout)
            {
                Zone = CommonSettings.ReadZone(config, ZoneKey, problems),
                RepliesBytesMax = config.Get(RepliesBytesMaxKey),
                PicksAheadMax = config.Get(PicksAheadMaxKey),
            },
            config.Get(ConnectTimeoutKey),
            config.Get(ShutdownWaitKey),
            config.Get(ContactKey) == ContactReceptionist ? BalancerContact.Receptionist : BalancerContact.Direct);
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }
}
