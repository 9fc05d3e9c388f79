namespace AkkaLb.Core.Balancing;

/// <summary>A balancer's no.</summary>
/// <param name="Reason">Closed set, for programs.</param>
/// <param name="Sentence">The same for people.</param>
/// <param name="RetryAfter">When another try may do better.</param>
public sealed record AssignRejection(AssignRejectReason Reason, string Sentence, TimeSpan RetryAfter);
