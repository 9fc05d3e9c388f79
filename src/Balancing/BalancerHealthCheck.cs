using Akka.Actor;
using AkkaLb.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaLb.Balancing;

/// <summary>Whether the balancer of an actor system answers, and knows who is registered. It changes nothing and costs nobody an
/// assignment.</summary>
/// <remarks>Degraded, and not unhealthy, while the registry is away: the balancer answers all the same, from what it knows. An application maps it
/// with the tag <c>ready</c>.</remarks>
/// <param name="system">In which the balancer lives.</param>
public sealed class BalancerHealthCheck(ActorSystem system) : IHealthCheck
{
    /// <summary>Probes commonly wait for a second.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromMilliseconds(800);

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            // Akka's Ask awaits in the caller's synchronization context, which may be blocked.
            var (balancer, watcher) = await Task.Run(() => AskAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
            return Judge(watcher, balancer)
                ?? new HealthCheckResult(context.Registration.FailureStatus, "the registry has not told yet who is registered");
        }
        catch (AskTimeoutException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "there is no balancer, or it does not answer");
        }
    }

    private async Task<(BalancerState Balancer, WatcherState Watcher)> AskAsync(CancellationToken cancellationToken)
    {
        var balancer = Of(BalancerActor.ActorName).Ask<BalancerState>(new GetBalancerState(0, 0), AnswerMax, cancellationToken);
        var watcher = Of(EtcdWatcherActor.ActorName).Ask<WatcherState>(GetWatcherState.Instance, AnswerMax, cancellationToken);
        await Task.WhenAll(balancer, watcher).ConfigureAwait(false);
        return (await balancer.ConfigureAwait(false), await watcher.ConfigureAwait(false));

        ActorSelection Of(string actor) => system.ActorSelection($"/user/{actor}");
    }

    /// <returns>Null: nobody has told it yet who there is.</returns>
    private static HealthCheckResult? Judge(WatcherState state, BalancerState balancer) => state switch
    {
        { IsConnected: true } => HealthCheckResult.Healthy(
            (state.MemberCount == 1 ? "1 worker is registered" : $"{state.MemberCount} workers are registered")
            + (state.MemberCount > 0 && balancer.Rejection.Length > 0 ? $"; {balancer.Rejection}" : "")),
        { ProofAge: { } age } => HealthCheckResult.Degraded(
            $"{state.Registry} has not been heard of for {age.TotalSeconds:0} s; the last known workers stay: {state.LastProblem}"),

        // The watcher has begun again and has forgotten them.
        _ when balancer.MemberCount > 0 => HealthCheckResult.Degraded(
            $"{state.Registry} is read again; the last known workers stay: {state.LastProblem}"),
        _ => null,
    };
}
