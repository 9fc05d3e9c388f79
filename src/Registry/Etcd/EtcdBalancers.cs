using Akka.Actor;
using AkkaLb.Discovery.Etcd;
using AkkaLb.Etcd;

namespace AkkaLb.Registry.Etcd;

/// <summary>Balancers that have registered in etcd, in registration order, pushed by a watch.</summary>
public sealed class EtcdBalancers(EtcdRegistry registry) : IBalancerDirectory
{
    public bool IsInOrder => false;

    public IAsyncDisposable Subscribe(Action<BalancerNews> tell)
    {
        var leftOut = new LeftOutValues();
        return registry.Services.Subscribe(
            EtcdRegistry.BalancersService,
            e => OnEvent(e, tell, leftOut),
            why => tell(new BalancerNews.Failed($"{why.GetType().Name}: {LogText.Of(why.Message)}")));
    }

    /// <param name="leftOut">The whole list comes with every change.</param>
    private static void OnEvent(ServiceEvent e, Action<BalancerNews> tell, LeftOutValues leftOut)
    {
        switch (e)
        {
            case ServiceEvent.Instances instances:
                OnInstances(instances.All, tell, leftOut);
                break;
            case ServiceEvent.Unreadable value:
                tell(new BalancerNews.LeftOut(value.Key, value.Problem));
                break;
            case ServiceEvent.MoreUnreadable more:
                tell(new BalancerNews.MoreLeftOut(more.Count));
                break;
            case ServiceEvent.Disconnected disconnected:
                tell(new BalancerNews.Unreachable(disconnected.Reason, disconnected.IsRefused));
                break;
            case ServiceEvent.Connected:
                tell(new BalancerNews.Reachable());
                break;
        }
    }

    private static void OnInstances(IReadOnlyList<ServiceInstance> all, Action<BalancerNews> tell, LeftOutValues leftOut)
    {
        var known = new List<Address>();
        var seen = new HashSet<Address>();
        var unusable = new HashSet<string>();
        foreach (var instance in all)
        {
            if (AddressOf(instance) is { } address)
            {
                if (seen.Add(address))
                {
                    known.Add(address);
                }
            }
            else
            {
                unusable.Add(instance.Id);
                if (leftOut.IsNews(instance.Id, instance.Path ?? ""))
                {
                    tell(new BalancerNews.LeftOut(instance.Id, SerializedActorPath.NoBalancer));
                }
            }
        }

        leftOut.ForgetAllBut(unusable);
        if (leftOut.Sum() is > 0 and var more)
        {
            tell(new BalancerNews.MoreLeftOut(more));
        }

        tell(new BalancerNews.Known(known));
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
