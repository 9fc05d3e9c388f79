using Akka.Actor;
using AkkaLb.Discovery.Etcd;
using AkkaLb.Watching;
using Mvccpb;

namespace AkkaLb.Registry.Etcd;

/// <summary>Balancers that have registered in etcd, in registration order, pushed by a watch.</summary>
public sealed class EtcdBalancers(EtcdRegistry registry) : IBalancerDirectory
{
    public bool IsInOrder => false;

    public string Source => "etcd";

    public IAsyncDisposable Subscribe(Action<Watched<Address>> tell) =>
        registry.Services.Subscribe<Address>(
            EtcdRegistry.BalancersService,
            Read,
            told => tell(told is Watched<Address>.Known known ? known with { All = [.. known.All.Distinct()] } : told),
            mustGoOn: true);

    private static string? Read(string id, KeyValue kv, out Address? address)
    {
        var problem = ServiceInstanceValue.Read(id, kv, out var instance);
        address = problem is null ? AddressOf(instance!) : null;
        return problem ?? (address is null ? SerializedActorPath.NoBalancer : null);
    }

    /// <summary>Out of the path, so that its protocol (with or without TLS) is that balancer's own; null when there is no usable one.</summary>
    private static Address? AddressOf(ServiceInstance instance)
    {
        try
        {
            return instance.Path is { } text
                && SerializedActorPath.IsBalancer(text)
                && ActorPath.TryParse(text, out var path)
                && path.Address is { Host: not null, Port: not null } address
                ? address
                : null;
        }
        catch (Exception)
        {
            // Akka throws for some paths, in spite of its method's name: the check before keeps off those we know of, and no entry may end the
            // subscription.
            return null;
        }
    }
}
