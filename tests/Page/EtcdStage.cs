using Akka.Actor;
using AkkaLb.Balancing;
using AkkaLb.Client;
using AkkaLb.Core.Gate;
using AkkaLb.Etcd;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Worker;

namespace AkkaLb.Page.Tests;

/// <summary>The page of a real balancer with a real etcd, a worker <c>w1</c> that does one job at a time, and a client.</summary>
internal sealed class EtcdStage : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _parts = new();

    private EtcdStage(EtcdProcess etcd) => Etcd = Add(etcd);

    public EtcdProcess Etcd { get; }

    public Stage Stage { get; private set; } = null!;

    public BalancedClient Client { get; private set; } = null!;

    /// <param name="actor">The worker's.</param>
    public static async Task<EtcdStage> StartAsync(ActorSystem system, UserMessages messages, Props actor)
    {
        var whole = new EtcdStage(await EtcdProcess.StartAsync());
        try
        {
            var registry = whole.Add(new EtcdRegistry(
                new EtcdSettings([new EtcdEndpoint("127.0.0.1", whole.Etcd.Port)]), TimeProvider.System, new Random(4053)));
            whole.Stage = whole.Add(await Stage.OfSystemAsync(system, registry));
            whole.Add(await EmbeddedBalancer.StartAsync(system, EmbeddedBalancerOptions.With("first-free") with { Registry = registry }));
            whole.Add(await BalancedWorker.StartAsync(
                system, actor,
                new BalancedWorkerOptions
                {
                    Id = "w1", Balancers = FixedBalancers.Own, Registry = registry, Messages = messages, Gate = new GateSettings(1, 1, 0, 1),
                    RejectLinger = TimeSpan.Zero,
                }));
            whole.Client = whole.Add(BalancedClient.On(
                system, new BalancedClientOptions { Balancers = FixedBalancers.Own, Messages = messages }));
            return whole;
        }
        catch
        {
            await whole.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }
    }

    private T Add<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Push(part);
        return part;
    }
}
