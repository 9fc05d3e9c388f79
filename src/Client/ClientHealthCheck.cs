using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaLb.Client;

/// <summary>Healthy while a client is linked to a balancer. It costs nobody an assignment.</summary>
/// <remarks>An application maps it with the tag <c>ready</c>.</remarks>
/// <param name="client">Called at each check.</param>
public sealed class ClientHealthCheck(Func<BalancedClient> client) : IHealthCheck
{
    /// <summary>The client asks for what it is to see within this time; probes commonly wait for a second.</summary>
    private static readonly TimeSpan CheckMax = TimeSpan.FromMilliseconds(800);

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            await client().WaitForBalancerAsync(CheckMax, cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy("the client is linked to a balancer");
        }
#pragma warning disable CA1031 // Whatever keeps it from a balancer, also that it could not be made, is what the check has to say.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message);
        }
    }
}
