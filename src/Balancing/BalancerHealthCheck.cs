using Akka.Actor;
using AkkaLb.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaLb.Balancing;

/// <summary>Whether the balancer of an actor system knows who is registered. It changes nothing and costs nobody an assignment.</summary>
/// <remarks>Degraded, and not unhealthy, while the registry is away: the balancer answers all the same, from what it knows. An application maps it
/// with the tag <c>ready</c>.</remarks>
/// <param name="system">In which the balancer lives.</param>
public sealed class BalancerHealthCheck(ActorSystem system) : IHealthCheck
{
    /// <summary>Less than probes commonly wait.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            var watcher = system.ActorSelection($"/user/{EtcdWatcherActor.ActorName}");

            // Akka's Ask awaits in the caller's synchronization context, which may be blocked.
            var state = await Task.Run(
                () => watcher.Ask<WatcherState>(GetWatcherState.Instance, AnswerMax, cancellationToken), cancellationToken).ConfigureAwait(false);
            return Judge(state) ?? new HealthCheckResult(context.Registration.FailureStatus, "the registry has not told yet who is registered");
        }
        catch (AskTimeoutException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "there is no balancer, or it does not answer");
        }
    }

    /// <returns>Null: it knows nobody yet.</returns>
    private static HealthCheckResult? Judge(WatcherState state) => state switch
    {
        { ProofAge: null } => null,
        { IsConnected: true } => HealthCheckResult.Healthy(
            state.MemberCount == 1 ? "1 worker is registered" : $"{state.MemberCount} workers are registered"),
        _ => HealthCheckResult.Degraded(
            $"{state.Registry} has not been heard of for {state.ProofAge.Value.TotalSeconds:0} s; the last known workers stay: {state.LastProblem}"),
    };
}
