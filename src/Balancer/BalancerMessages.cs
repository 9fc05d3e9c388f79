using Akka.Actor;
using AkkaLb.Core;

namespace AkkaLb.Balancer;

/// <summary>From the watcher: all members, replacing what was known.</summary>
/// <param name="Revision">As of which registry revision.</param>
public sealed record WorkersSnapshot(IReadOnlyList<Member> Members, long Revision = 0) : INoSerializationVerificationNeeded;

/// <summary>To the watcher: say <see cref="WorkersSnapshot"/> once more.</summary>
public sealed record GetWorkersSnapshot : INoSerializationVerificationNeeded
{
    public static GetWorkersSnapshot Instance { get; } = new();
}

/// <summary>From the watcher: what changed, in order.</summary>
/// <param name="Revision">As of which registry revision.</param>
public sealed record WorkersChanged(IReadOnlyList<MemberChange> Changes, long Revision = 0) : INoSerializationVerificationNeeded;

/// <summary>From a balancer that has become the deciding one to the front of its process: tell me of workers and reports.</summary>
public sealed record DecidingHere : INoSerializationVerificationNeeded
{
    public static DecidingHere Instance { get; } = new();
}

/// <summary>From the singleton's manager: this balancer no longer decides.</summary>
public sealed record StopDeciding : INoSerializationVerificationNeeded
{
    public static StopDeciding Instance { get; } = new();
}

/// <summary>From the shutdown: reject every request from now on; answered with <see cref="Stopped"/>.</summary>
public sealed record StopAssigning : INoSerializationVerificationNeeded
{
    public static StopAssigning Instance { get; } = new();
}

/// <summary>Answer to <see cref="StopAssigning"/>.</summary>
public sealed record Stopped : INoSerializationVerificationNeeded
{
    public static Stopped Instance { get; } = new();
}
