using AkkaLb.Core;
using AkkaLb.Watching;

namespace AkkaLb.Balancer.Tests;

internal static class Workers
{
    public const int HeartbeatMs = 1000;

    /// <summary>A member in its place of the registration order, which is also its port and, unless said otherwise, its incarnation.</summary>
    public static Member Member(string id, int order, long? incarnation = null, WorkerState state = WorkerState.Up) => new(
        new WorkerRecord(id, incarnation ?? order, PathOf(order), state, Capacity: 8, HeartbeatMs, "0.1.0"), order);

    public static Member Draining(this Member member) => member with { Worker = member.Worker with { State = WorkerState.Draining } };

    public static Member WithPath(this Member member, string path) => member with { Worker = member.Worker with { Path = path } };

    public static WorkerKey Key(this Member member) => new(member.Worker.Id, member.Worker.Incarnation);

    public static KeyChange<Member> Put(this Member member) => new(member.Worker.Id, member);

    public static KeyChange<Member> Removed(this Member member) => new(member.Worker.Id, null);

    private static string PathOf(int port) => $"akka.tcp://AkkaLb@127.0.0.1:{port}/user/worker#{port}";
}
