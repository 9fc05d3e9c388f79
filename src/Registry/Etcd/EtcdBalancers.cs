using Akka.Actor;

namespace AkkaLb.Registry.Etcd;

/// <summary>Balancers that have registered in etcd, in registration order.</summary>
public sealed class EtcdBalancers(EtcdRegistry registry) : IBalancerDirectory
{
    public bool CanChange => true;

    public async Task<IReadOnlyList<Address>> ReadAsync(CancellationToken cancellationToken)
    {
        var listing = await registry.ReadBalancersAsync(cancellationToken).ConfigureAwait(false);
        return [.. listing.Balancers
            .Select(b => ActorPath.TryParse(b.Path, out var path) ? path.Address : null)
            .Where(a => a is { Host: not null, Port: not null })
            .Select(a => a!)
            .Distinct()];
    }
}
