using AkkaLb.Core;

namespace AkkaLb.Registry.Tests.Etcd;

internal static class Workers
{
    public static readonly TimeSpan Ttl = TimeSpan.FromSeconds(60);

    public static WorkerRecord Worker(string id, long incarnation = 1) =>
        new(id, incarnation, $"akka.tcp://AkkaLb@127.0.0.1:4100/user/worker#{incarnation}", WorkerState.Up, 64, 1000, "0.1.0");

    public static async Task<RegisterOutcome.Registered> AddAsync(this IWorkerRegistry registry, WorkerRecord worker, TimeSpan? ttl = null)
    {
        using var bound = Bound.New();
        return Assert.IsType<RegisterOutcome.Registered>(await registry.RegisterAsync(worker, ttl ?? Ttl, bound.Token));
    }
}

/// <summary>How long a test waits for anything before it fails; generous, as nothing waits it out when all is well.</summary>
internal static class Bound
{
    public static CancellationTokenSource New() => new(TimeSpan.FromSeconds(30));
}
