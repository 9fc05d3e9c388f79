using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;

namespace AkkaLb.Balancing;

/// <summary>To a balancer of this process: your figures, please. Answered with <see cref="BalancerFigures"/>.</summary>
internal sealed record GetFigures : INoSerializationVerificationNeeded
{
    public static GetFigures Instance { get; } = new();
}

/// <summary>Balancers and watchers of this process, which are asked for their figures when somebody collects them, and only then.
/// Thread-safe.</summary>
internal static class Observed
{
    /// <summary>One that does not answer in this time is left out.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Where nobody is there to ask at all, because every thread is busy, a collection ends after this time.</summary>
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(2);

    /// <summary>Instruments that are read one after another see the same figures. Those that took long to read are kept for longer.</summary>
    private static readonly TimeSpan KeptMin = TimeSpan.FromMilliseconds(200);

    private const int KeptTimes = 10;

    private static readonly TimeSpan KeptMax = TimeSpan.FromSeconds(2);

    private static readonly Lock Reading = new();
    private static Figures _latest = new([], [], IsWhole: true);
    private static long _keptUntil;

    /// <summary>Balancers that decide, or may come to.</summary>
    public static ConcurrentDictionary<IActorRef, byte> Balancers { get; } = new();

    /// <summary>Watchers of the registry.</summary>
    public static ConcurrentDictionary<IActorRef, byte> Watchers { get; } = new();

    /// <summary>The figures of all of them. It blocks for two seconds at most.</summary>
    public static Figures Read()
    {
        lock (Reading)
        {
            var begun = Stopwatch.GetTimestamp();
            if (begun >= _keptUntil)
            {
                // Akka's Ask awaits in the caller's synchronization context, which may be the one that is blocked here.
                var reading = Task.Run(AskAsync);
                _latest = reading.Wait(PatienceMax) ? reading.GetAwaiter().GetResult() : new Figures([], [], IsWhole: false);
                var (took, end) = (Stopwatch.GetElapsedTime(begun), Stopwatch.GetTimestamp());
                var kept = took * KeptTimes < KeptMin ? KeptMin : took * KeptTimes < KeptMax ? took * KeptTimes : KeptMax;
                _keptUntil = end + (long)(kept.TotalSeconds * Stopwatch.Frequency);
            }

            return _latest;
        }
    }

    private static async Task<Figures> AskAsync()
    {
        var (balancers, watchers) = (Balancers.Keys.ToList(), Watchers.Keys.ToList());
        var figures = balancers.Select(b => TryAskAsync<BalancerFigures>(b, GetFigures.Instance)).ToList();
        var states = await Task.WhenAll(watchers.Select(w => TryAskAsync<WatcherState>(w, GetWatcherState.Instance))).ConfigureAwait(false);
        var (b, w) = ((await Task.WhenAll(figures).ConfigureAwait(false)).OfType<BalancerFigures>().ToList(), states.OfType<WatcherState>().ToList());
        return new Figures(b, w, b.Count == balancers.Count && w.Count == watchers.Count);
    }

    private static async Task<T?> TryAskAsync<T>(IActorRef actor, object question)
        where T : class
    {
        try
        {
            return await actor.Ask<T>(question, Patience).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever keeps one from answering, the others have answered.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }
}

/// <summary>Of all balancers and watchers of this process that have answered.</summary>
/// <param name="IsWhole">Whether all of them have.</param>
internal sealed record Figures(IReadOnlyList<BalancerFigures> Balancers, IReadOnlyList<WatcherState> Watchers, bool IsWhole)
{
    public IEnumerable<ServiceFigures> Services => Balancers.SelectMany(b => b.Services);
}
