namespace AkkaLb.Balancer.Page;

/// <summary>What does not change of a balancer while a page of it is open.</summary>
/// <param name="IsOfCluster">Whether one balancer decides for several.</param>
/// <param name="TakesOrders">Whether somebody who knows the token may give orders for workers, and they are kept somewhere.</param>
internal sealed record PageTraits(bool IsOfCluster, bool TakesOrders);
