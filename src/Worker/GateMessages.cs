using Akka.Actor;

namespace AkkaLb.Worker;

/// <summary>Tells the gate to take no more jobs. Its answer, when no job is left, is <see cref="Drained"/>; it still rejects jobs after
/// that.</summary>
/// <param name="Timeout">How long running jobs may take to finish; then they fail. Zero: at once. Saying it again can only shorten it.</param>
internal sealed record StartDrain(TimeSpan Timeout) : INoSerializationVerificationNeeded;

/// <summary>The gate holds no job any more.</summary>
/// <param name="Unfinished">How many jobs failed because the time to drain was over.</param>
internal sealed record Drained(int Unfinished) : INoSerializationVerificationNeeded;

/// <summary>Whether the worker can do jobs: told by the gate when it is known for the first time, which is when an instance is ready or none can be
/// created, and whenever it changes.</summary>
/// <param name="Trouble">Why it cannot, in words; null: it can.</param>
internal sealed record GateAbility(string? Trouble) : INoSerializationVerificationNeeded;
