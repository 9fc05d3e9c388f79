using AkkaLb.Core;
using AkkaLb.Watching;

namespace AkkaLb.Registry;

/// <summary>A registry that keeps what operators want of workers. Nothing there is under a lease: it stays until it is taken back.</summary>
/// <remarks>Thread-safe. Faults are those of <see cref="IWorkerRegistry"/>.</remarks>
public interface IOverrideRegistry
{
    /// <summary>Pushes what operators want, and again with each change, until the subscription is disposed; it survives outages and
    /// refusals. A value that cannot be read is told as an <see cref="OverrideSight"/> without an order, and why as
    /// <see cref="Watched{T}.Skipped"/>.</summary>
    /// <param name="tell">Called in order, one at a time. Must neither block nor throw.</param>
    IAsyncDisposable SubscribeOverrides(Action<Watched<OverrideSight>> tell);

    /// <summary>All of them, up to date; what cannot be used is left out and in the second list.</summary>
    Task<(IReadOnlyList<WorkerOverride> Overrides, IReadOnlyList<Watched<OverrideSight>.Skipped> Skipped)> ReadOverridesAsync(
        CancellationToken cancellationToken);

    /// <summary>Changes what is wanted of one worker, in one step: nothing that somebody else wants at the same time is lost.</summary>
    /// <param name="workerId">See <see cref="WorkerIds"/>. It need not be registered.</param>
    /// <param name="change">Of what stands there (null: nothing) makes what is to stand there. One that
    /// <see cref="WorkerOverride.IsNone"/> takes the entry away. Called again when somebody else was faster.</param>
    /// <param name="cancellationToken">Ends the call early; the outcome is unknown then.</param>
    /// <exception cref="ArgumentException">The id, or what is wanted, breaks its rule.</exception>
    /// <exception cref="RegistryRefusedException">What stands there cannot be read: nobody's order is to be lost.</exception>
    Task<WorkerOverride> ChangeOverrideAsync(
        string workerId, Func<WorkerOverride?, WorkerOverride> change, CancellationToken cancellationToken);
}

/// <summary>For whoever orders something of a worker.</summary>
public static class OverrideRegistries
{
    /// <summary>Changes the state of a worker, its weight, or both; what is not named stays.</summary>
    /// <param name="registry">Where it is kept.</param>
    /// <param name="workerId">See <see cref="WorkerIds"/>. It need not be registered.</param>
    /// <param name="state">Null: it stays.</param>
    /// <param name="weightPercent">Null: it stays.</param>
    /// <param name="by">Who orders it; at most <see cref="WorkerOverride.ByLengthMax"/> characters of one line.</param>
    /// <param name="because">Why; at most <see cref="WorkerRecord.ReasonLengthMax"/> characters of one line.</param>
    /// <param name="now">By the clock of whoever orders it.</param>
    /// <param name="cancellationToken">Ends the call early; the outcome is unknown then.</param>
    /// <param name="seen">Called with what stood there before; null: nothing did. Again when somebody else was faster.</param>
    /// <returns>What is wanted of it now. A change of the weight alone leaves who drained it, when and why.</returns>
    /// <exception cref="ArgumentException">The id, or what is wanted, breaks its rule.</exception>
    public static Task<WorkerOverride> OrderAsync(
        this IOverrideRegistry registry, string workerId, AdminState? state, int? weightPercent, string by, string because, DateTimeOffset now,
        CancellationToken cancellationToken, Action<WorkerOverride?>? seen = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return registry.ChangeOverrideAsync(
            workerId,
            before =>
            {
                seen?.Invoke(before);
                var weight = weightPercent ?? before?.WeightPercent ?? WorkerOverride.WeightUsual;
                return state is null && before is { State: not AdminState.Ready }
                    ? before with { WeightPercent = weight }
                    : new WorkerOverride(workerId, state ?? AdminState.Ready, weight, by, now, because);
            },
            cancellationToken);
    }
}
