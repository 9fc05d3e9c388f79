using Akka.Actor;
using AkkaLb.Core;

namespace AkkaLb.Balancer;

/// <summary>From the watcher: all members, replacing what was known.</summary>
public sealed record WorkersSnapshot(IReadOnlyList<Member> Members) : INoSerializationVerificationNeeded;

/// <summary>To the watcher: say <see cref="WorkersSnapshot"/> once more.</summary>
public sealed record GetWorkersSnapshot : INoSerializationVerificationNeeded
{
    public static GetWorkersSnapshot Instance { get; } = new();
}

/// <summary>From the watcher: what changed, in order.</summary>
public sealed record WorkersChanged(IReadOnlyList<MemberChange> Changes) : INoSerializationVerificationNeeded;

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
