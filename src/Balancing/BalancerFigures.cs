using System.Collections.Concurrent;
using Akka.Actor;
using AkkaLb.Core.Balancing;

namespace AkkaLb.Balancing;

/// <summary>To a balancer of this process: your figures, please. Answered with <see cref="BalancerFigures"/>.</summary>
internal sealed record GetFigures : INoSerializationVerificationNeeded
{
    public static GetFigures Instance { get; } = new();
}

/// <summary>A balancer at a moment, in numbers.</summary>
/// <param name="Decides">Whether it answers: always, but for one of a cluster that has lost the right to.</param>
internal sealed record BalancerFigures(bool Decides, IReadOnlyList<ServiceFigures> Services) : INoSerializationVerificationNeeded;

/// <summary>Actors of this process that are asked for their figures when somebody collects them, and only then. Thread-safe.</summary>
/// <typeparam name="T">Their answer.</typeparam>
/// <param name="question">To each of them.</param>
internal sealed class Observed<T>(object question)
{
    /// <summary>One that does not answer in this time is left out.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Instruments that are read one after another see the same figures.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<IActorRef, byte> _actors = new();
    private readonly Lock _lock = new();
    private IReadOnlyList<T> _latest = [];
    private long? _readAt;

    public void Add(IActorRef actor) => _actors.TryAdd(actor, 0);

    public void Remove(IActorRef actor) => _actors.TryRemove(actor, out _);

    /// <summary>The figures of all of them. It blocks for a second at most.</summary>
    public IReadOnlyList<T> Read()
    {
        lock (_lock)
        {
            if (_readAt is not { } at || TimeProvider.System.GetElapsedTime(at) > KeptFor)
            {
                // Akka's Ask awaits in the caller's synchronization context, which may be the one that is blocked here.
                _latest = Task.Run(AskAsync).GetAwaiter().GetResult();
                _readAt = TimeProvider.System.GetTimestamp();
            }

            return _latest;
        }
    }

    private async Task<IReadOnlyList<T>> AskAsync() =>
        [.. (await Task.WhenAll(_actors.Keys.Select(TryAskAsync)).ConfigureAwait(false)).OfType<T>()];

    private async Task<object?> TryAskAsync(IActorRef actor)
    {
        try
        {
            return await actor.Ask<T>(question, Patience).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AskTimeoutException or OperationCanceledException)
        {
            return null;
        }
    }
}
