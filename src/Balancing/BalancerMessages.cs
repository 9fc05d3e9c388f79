using Akka.Actor;

namespace AkkaLb.Balancing;

/// <summary>From a balancer that has become the deciding one to the front of its process: tell me of workers and reports.</summary>
internal sealed record DecidingHere : INoSerializationVerificationNeeded
{
    public static DecidingHere Instance { get; } = new();
}

/// <summary>From the singleton's manager: this balancer no longer decides.</summary>
internal sealed record StopDeciding : INoSerializationVerificationNeeded
{
    public static StopDeciding Instance { get; } = new();
}

/// <summary>From the shutdown: reject every request from now on; answered with <see cref="Stopped"/>.</summary>
internal sealed record StopAssigning : INoSerializationVerificationNeeded
{
    public static StopAssigning Instance { get; } = new();
}

/// <summary>Answer to <see cref="StopAssigning"/>.</summary>
internal sealed record Stopped : INoSerializationVerificationNeeded
{
    public static Stopped Instance { get; } = new();
}
