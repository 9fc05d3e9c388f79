using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Messages;
using AkkaLb.Tests.Support;
using AkkaLb.Watching;

namespace AkkaLb.Balancer.Tests;

/// <summary>Arranges a balancer; the test is its watcher, its workers and its clients.</summary>
public abstract class BalancerKit(Config? config = null) : VirtualTimeKit(config: config)
{
    private long _requests;

    protected static Member A { get; } = Workers.Member("a", 1);

    protected static Member B { get; } = Workers.Member("b", 2);

    protected static Member C { get; } = Workers.Member("c", 3);

    protected IActorRef Balancer(string policy, BalancerLimits? limits = null) =>
        Sys.ActorOf(BalancerActor.Props("b-1", ServiceRules.All(Policy.Of(policy), limits ?? BalancerLimits.Default), new Random(1)));

    protected IActorRef Balancer(string policy, params Member[] members)
    {
        var balancer = Balancer(policy);
        balancer.Tell(new Watched<Member>.Known(0, members), TestActor);
        return balancer;
    }

    protected static void Change(IActorRef balancer, params KeyChange<Member>[] changes) => 
        balancer.Tell(new Watched<Member>.Known(0, [], changes), ActorRefs.NoSender);

    protected static void Report(IActorRef balancer, Member worker, long mebibytes, long sequence = 1) =>
        Report(balancer, worker.Key(), mebibytes, sequence);

    protected static void Report(IActorRef balancer, WorkerKey worker, long mebibytes, long sequence = 1) => balancer.Tell(
        new MemoryReport(worker, sequence, TimeSpan.FromMilliseconds(Workers.HeartbeatMs), mebibytes << 20, 0, 1L << 40, default, 0),
        ActorRefs.NoSender);

    protected object Ask(IActorRef balancer, int count = 1, params WorkerKey[] leaveOut)
    {
        balancer.Tell(new Assign(++_requests, count, leaveOut, null, TimeSpan.FromSeconds(60)), TestActor);
        return ExpectMsg<object>(
            answer => Assert.Equal(_requests, answer is Assigned yes ? yes.RequestId : Assert.IsType<AssignRejected>(answer).RequestId));
    }

    /// <summary>Ids of the workers picked, one request each, joined by blanks.</summary>
    protected string Picks(IActorRef balancer, int requests = 1, params WorkerKey[] leaveOut) =>
        string.Join(' ', Enumerable.Range(0, requests).Select(
            _ => Assert.Single(Assert.IsType<Assigned>(Ask(balancer, 1, leaveOut)).Workers).Worker.Id));

    protected AssignRejectReason Rejection(IActorRef balancer, params WorkerKey[] leaveOut) =>
        Assert.IsType<AssignRejected>(Ask(balancer, 1, leaveOut)).Reason;
}
