namespace AkkaLb.Simulation.Nodes;

/// <summary>Akka's own question to an actor whether it is there.</summary>
/// <param name="IsGate">To a worker's gate; else to a balancer.</param>
/// <param name="Number">Comes back in the answer.</param>
internal sealed record Identify(bool IsGate, long Number);

/// <summary>The answer of that process.</summary>
internal sealed record Identity(bool IsGate, long Number, bool IsThere);

/// <summary>A message that a front passes on: whoever asked first gets the answer.</summary>
internal sealed record Forwarded(string Address, string ReplyTo, object Message);
