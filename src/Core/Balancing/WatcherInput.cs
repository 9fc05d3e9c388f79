using AkkaLb.Watching;

namespace AkkaLb.Core.Balancing;

/// <summary>What happens to a watcher, beside what the watch tells (<see cref="Watched{T}"/>), <see cref="GetWatcherState"/> and
/// <see cref="GetWorkers"/>.</summary>
public abstract record WatcherInput
{
    private WatcherInput() { }

    /// <summary>The first of all.</summary>
    public sealed record Start : WatcherInput;

    /// <summary>The first of all after its actor has crashed: a bug, and whatever in the registry brought it about may still be there.</summary>
    public sealed record StartAfterCrash(string Problem) : WatcherInput;

    /// <summary>The watch that was opened last has ended.</summary>
    public sealed record WatchEnded(string Problem) : WatcherInput;
}
