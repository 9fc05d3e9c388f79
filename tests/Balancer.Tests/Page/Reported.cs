using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Core;

namespace AkkaLb.Balancer.Tests.Page;

/// <summary>Reports as a balancer would give them.</summary>
internal static class Reported
{
    public static MemberDetails Details { get; } =
        new(WorkerCondition.Up, "10.0.0.7:4055", 8, 2L << 30, TimeSpan.FromSeconds(0.4), 0, "0.1.0");

    public static MemberState NewWorker(string id, double inFlight = 0, long assignments = 0, long incarnation = 1) => new(
        new WorkerKey(id, incarnation), WorkerState.Up, true, 90L << 20, "", inFlight, 0, 8, "fra", Details with { Assignments = assignments });

    public static BalancerReport Report(params MemberState[] members) => new(
        new Address("akka.tcp", "AkkaLb", "127.0.0.1", 4053),
        new BalancerState("b-1", "first-free", "", 1, members.Length, 0, members, Services: ["default", "pdf"]),
        new WatcherState("etcd", true, 4711, TimeSpan.FromSeconds(1.2), 0, 0, "", members.Length),
        [KeyValuePair.Create("pdf", new BalancerState("b-1", "least-load", "no worker is registered", 1, 0, 0, []))]);
}
