namespace AkkaLb.Core;

/// <summary>Names of a balancer's actors below <c>/user</c>, by which others find them.</summary>
public static class BalancerActors
{
    /// <summary>Names workers to clients.</summary>
    public const string Balancer = "balancer";

    /// <summary>Watches the registry.</summary>
    public const string Watcher = "akkalb-watcher";
}
