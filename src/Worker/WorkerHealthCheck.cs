using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaLb.Worker;

/// <summary>Whether a worker gets jobs.</summary>
/// <remarks>Degraded, and not unhealthy, while it is not registered any more and retries: another place would be no better off. An application maps
/// it with the tag <c>ready</c>.</remarks>
/// <param name="worker">It has started.</param>
public sealed class WorkerHealthCheck(BalancedWorker worker) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Task.FromResult(
            worker.Ended.IsCompleted ? new HealthCheckResult(context.Registration.FailureStatus, "it has ended")
            : worker.IsLeaving ? new HealthCheckResult(context.Registration.FailureStatus, "it is leaving")
            : worker.Inability is { } inability ? new HealthCheckResult(context.Registration.FailureStatus, inability)
            : worker.Trouble is { } trouble ? HealthCheckResult.Degraded(trouble)
            : HealthCheckResult.Healthy("it is registered and takes jobs"));
    }
}
