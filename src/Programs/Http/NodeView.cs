using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaLb.Programs.Http;

/// <summary>What a program that is ready shows of itself.</summary>
/// <param name="Health">Whether it does what it is for.</param>
/// <param name="StateAsync">Its state, to be written as JSON.</param>
/// <param name="Page">What else it answers; null: nothing.</param>
public sealed record NodeView(IHealthCheck Health, Func<CancellationToken, Task<object>> StateAsync, INodePage? Page = null);
