using AkkaLb.Core.Balancing;

namespace AkkaLb.Core.Tests;

/// <summary>Short ways to say what a test starts from.</summary>
internal static class Build
{
    public static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    public static TimeSpan S(double seconds) => TimeSpan.FromSeconds(seconds);

    public static WorkerKey Key(string id, long incarnation = 1) => new(id, incarnation);

    public static WorkerRecord Worker(string id, long incarnation = 1, WorkerState state = WorkerState.Up, int heartbeatMs = 1000) =>
        new(id, incarnation, $"akka.tcp://AkkaLb@{id}:1/user/worker#1", state, 8, heartbeatMs, "1.0");

    /// <summary>A member that is up.</summary>
    public static Member Up(string id, long order, long incarnation = 1, int heartbeatMs = 1000) =>
        new(Worker(id, incarnation, heartbeatMs: heartbeatMs), order);

    public static Member Draining(string id, long order, long incarnation = 1) => new(Worker(id, incarnation, WorkerState.Draining), order);

    /// <summary>Members that are up, in registration order.</summary>
    public static Member[] Members(params string[] ids) => [.. ids.Select((id, i) => Up(id, i + 1))];

    /// <summary>A report with a heartbeat of 1 s: fresh for 3 s.</summary>
    public static MemorySample Sample(string id, long bytes, long sequence = 1, long incarnation = 1) =>
        new(Key(id, incarnation), sequence, S(1), bytes);

    public static MemberChange Put(Member member) => new MemberChange.Put(member);

    public static MemberChange Removed(string id) => new MemberChange.Removed(id);
}
