using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;

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
    public static MemoryReport Sample(string id, long bytes, long sequence = 1, long incarnation = 1) =>
        Report(Key(id, incarnation), sequence, S(1), bytes);

    public static MemoryReport Report(WorkerKey worker, long sequence, TimeSpan heartbeat, long bytes, JobCounts jobs = default) =>
        new(worker, sequence, heartbeat, bytes, 0, 0, jobs, 0);

    public static KeyChange<Member> Put(Member member) => new(member.Worker.Id, member);

    public static KeyChange<Member> Removed(string id) => new(id, null);

    /// <summary>Everything was read.</summary>
    public static Watched<Member>.Known Read(IReadOnlyCollection<Member> members, long revision = 0) => new(revision, members);

    /// <summary>What one revision changed. What there is besides does not count then.</summary>
    public static Watched<Member>.Known Changed(IReadOnlyList<KeyChange<Member>> changes, long revision = 0) => new(revision, [], changes);

    /// <summary>Workers and a policy; what it draws is the same each time.</summary>
    public static WorkerPool Pool(Policy policy, BalancerLimits limits, Func<int, TimeSpan>? rebuildPause = null) =>
        new(new WorkerTable(limits), policy, new Random(4053), rebuildPause);

    /// <summary>For a client that does not tell when its picks end.</summary>
    public static AssignRejection? Assign(
        this WorkerPool pool, int count, IReadOnlyList<WorkerKey> leaveOut, List<Candidate> picked, TimeSpan now, int bytesMax = int.MaxValue) =>
        pool.Assign(new Assign(1, count, leaveOut, null, S(60)), picked, now, bytesMax);

    /// <summary>As a balancer does it: what rides on the request is taken first.</summary>
    public static AssignRejection? Ask(this WorkerPool pool, Assign request, List<Candidate> picked, TimeSpan now)
    {
        if (request.Finished is { } finished)
        {
            pool.Finish(finished, now);
        }

        return pool.Assign(request, picked, now);
    }

    public static void ApplySnapshot(this WorkerPool pool, IReadOnlyCollection<Member> members, TimeSpan now) => pool.Apply(Read(members), now);

    public static void ApplyChanges(this WorkerPool pool, IReadOnlyList<KeyChange<Member>> changes, TimeSpan now) =>
        pool.Apply(Changed(changes), now);
}
