namespace AkkaLb.Programs.Settings;

/// <summary>The settings of all three programs, by name: programs that share an environment know each other's.</summary>
/// <remarks>The <see cref="Hocon.SettingsSchema"/> of a program says more of its own. A test holds them equal.</remarks>
public static class SettingNames
{
    /// <summary>Those that not every program has; a star stands for a name that the user chooses.</summary>
    private static readonly string[] OfSome =
    [
        "akkalb.balancer.early-report-hold",
        "akkalb.balancer.early-reports-max",
        "akkalb.balancer.ejected-max",
        "akkalb.balancer.failures-max",
        "akkalb.balancer.id",
        "akkalb.balancer.lease-ttl",
        "akkalb.balancer.max-wait",
        "akkalb.balancer.memory-max",
        "akkalb.balancer.mode",
        "akkalb.balancer.panic-below",
        "akkalb.balancer.policy",
        "akkalb.balancer.services.*.ejected-max",
        "akkalb.balancer.services.*.failures-max",
        "akkalb.balancer.services.*.max-wait",
        "akkalb.balancer.services.*.memory-max",
        "akkalb.balancer.services.*.panic-below",
        "akkalb.balancer.services.*.policy",
        "akkalb.balancer.services.*.slow-start",
        "akkalb.balancer.services.*.waiting-max",
        "akkalb.balancer.services.*.zone-spill",
        "akkalb.balancer.slow-start",
        "akkalb.balancer.wait",
        "akkalb.balancer.waiting-max",
        "akkalb.balancer.zone-spill",
        "akkalb.client.assign-timeout",
        "akkalb.client.back-off-first",
        "akkalb.client.back-off-max",
        "akkalb.client.connect-timeout",
        "akkalb.client.contact",
        "akkalb.client.gate-silence",
        "akkalb.client.gate-timeout",
        "akkalb.client.jobs-max",
        "akkalb.client.leave-out-for",
        "akkalb.client.picks-ahead-max",
        "akkalb.client.replies-bytes-max",
        "akkalb.client.retries-per-second-min",
        "akkalb.client.retry-ratio",
        "akkalb.client.ruling-delay",
        "akkalb.client.sends-max",
        "akkalb.client.shutdown-wait",
        "akkalb.client.zone",
        "akkalb.cluster.heartbeat-pause",
        "akkalb.cluster.join-timeout",
        "akkalb.cluster.lease-ttl",
        "akkalb.cluster.stable-after",
        "akkalb.worker.actor",
        "akkalb.worker.assemblies",
        "akkalb.worker.capacity",
        "akkalb.worker.drain-timeout",
        "akkalb.worker.heartbeat",
        "akkalb.worker.id",
        "akkalb.worker.instances",
        "akkalb.worker.lease-ttl",
        "akkalb.worker.ledger",
        "akkalb.worker.queue",
        "akkalb.worker.reject-linger",
        "akkalb.worker.reply-bytes-max",
        "akkalb.worker.service",
        "akkalb.worker.speed",
        "akkalb.worker.threads",
        "akkalb.worker.unable-timeout",
        "akkalb.worker.unregistered-timeout",
        "akkalb.worker.wait",
        "akkalb.worker.zone",
    ];

    /// <summary>All of them, in the order of the alphabet.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. NodeKeys.Common.Concat(NodeKeys.BalancersAndMessages).Select(key => key.Path).Concat(OfSome).Order(StringComparer.Ordinal)];
}
