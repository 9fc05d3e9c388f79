using Akka.Actor;
using AkkaLb.Discovery.Etcd;

namespace AkkaLb.Registry.Etcd;

/// <summary>Balancers that have registered in etcd, in registration order, pushed by a watch.</summary>
public sealed class EtcdBalancers(EtcdRegistry registry) : IBalancerDirectory
{
    public bool IsInOrder => false;

    public IAsyncDisposable Subscribe(Action<BalancerNews> tell)
    {
        var unreadable = new HashSet<(string, string?)>();
        return registry.Services.Subscribe(EtcdRegistry.BalancersService, e => OnEvent(e, tell, unreadable));
    }

    /// <param name="unreadable">What was told to be left out: the whole list comes with every change.</param>
    private static void OnEvent(ServiceEvent e, Action<BalancerNews> tell, HashSet<(string, string?)> unreadable)
    {
        switch (e)
        {
            case ServiceEvent.Instances instances:
                var known = new List<Address>();
                foreach (var instance in instances.All)
                {
                    if (AddressOf(instance) is not { } address)
                    {
                        if (unreadable.Add((instance.Id, instance.Path)))
                        {
                            tell(new BalancerNews.LeftOut(instance.Id, "'path' is no absolute actor path with host and port"));
                        }
                    }
                    else if (!known.Contains(address))
                    {
                        known.Add(address);
                    }
                }

                unreadable.IntersectWith(instances.All.Select(i => (i.Id, i.Path)));
                tell(new BalancerNews.Known(known));
                break;
            case ServiceEvent.Unreadable value:
                tell(new BalancerNews.LeftOut(value.Key, value.Problem));
                break;
            case ServiceEvent.Disconnected disconnected:
                tell(new BalancerNews.Unreachable(disconnected.Reason, disconnected.IsRefused));
                break;
            case ServiceEvent.Connected:
                tell(new BalancerNews.Reachable());
                break;
        }
    }

    /// <summary>Out of the path, so that its protocol (with or without TLS) is that balancer's own; null when there is no usable one.</summary>
    private static Address? AddressOf(ServiceInstance instance) =>
        instance.Path is { } text
        && SerializedActorPath.IsValid(text, needsUid: false)
        && ActorPath.TryParse(text, out var path)
        && path.Address is { Host: not null, Port: not null } address
            ? address
            : null;
}
