using AkkaLb.Watching;

namespace AkkaLb.Etcd;

/// <summary>What went wrong with one member.</summary>
/// <param name="Index">The member's place in the settings.</param>
/// <param name="Fault">Null: nothing was heard until time was up.</param>
internal sealed record MemberFault(int Index, string Endpoint, Exception? Fault)
{
    /// <summary>As if it had been the only one.</summary>
    public Exception Translate(EtcdSettings settings, TimeSpan timeout, CancellationToken cancellationToken) =>
        Translate(Endpoint, settings, timeout, cancellationToken);

    /// <summary>One exception for all: each reason once, with those it holds for, what is known before what is not.</summary>
    public static Exception Sum(IReadOnlyList<MemberFault> faults, EtcdSettings settings, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var reasons = faults
            .OrderBy(f => f.Fault is null)
            .ThenBy(f => f.Index)
            .GroupBy(f => f.Fault is null ? "" : f.Translate("", settings, timeout, cancellationToken).Message)
            .Select(g => g.First().Translate(string.Join(", ", g.Select(f => f.Endpoint)), settings, timeout, cancellationToken))
            .ToArray();
        return reasons.Length == 1
            ? reasons[0]
            : new RegistryUnavailableException(
                string.Join("; ", reasons.Select(r => r.Message)), faults.FirstOrDefault(f => f.Fault is not null)?.Fault);
    }

    private Exception Translate(string endpoints, EtcdSettings settings, TimeSpan timeout, CancellationToken cancellationToken) =>
        EtcdFaults.Translate(Fault ?? new OperationCanceledException(), endpoints, settings, timeout, cancellationToken);
}
