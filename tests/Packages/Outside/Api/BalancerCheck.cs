using AkkaLb.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Shop.Api;

/// <summary>Healthy while a balancer answers.</summary>
public sealed class BalancerCheck(BalancedClient client) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await client.WaitForBalancerAsync(TimeSpan.FromSeconds(1), cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (NoBalancerException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }
}
