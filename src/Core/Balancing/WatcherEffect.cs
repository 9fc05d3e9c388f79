using AkkaLb.Core.Machines;
using AkkaLb.Watching;

namespace AkkaLb.Core.Balancing;

/// <summary>What a watcher asks its shell to do.</summary>
public abstract record WatcherEffect
{
    private WatcherEffect() { }

    /// <summary>Open a watch of the registry, in place of the one there is. What it says comes back as <see cref="Watched{T}"/>, its end as
    /// <see cref="WatcherInput.WatchEnded"/>; the one before says nothing any more.</summary>
    public sealed record OpenWatch : WatcherEffect;

    /// <summary>Tell the balancer who is registered. When it says what changed, only that counts, else everything.</summary>
    public sealed record ToBalancer(Watched<Member>.Known Message) : WatcherEffect;

    /// <summary>Tell the balancer what operators want of workers, in the same way.</summary>
    public sealed record OverridesToBalancer(Watched<OverrideSight>.Known Message) : WatcherEffect;

    /// <summary>Tell who asked: a <see cref="WatcherState"/>, or who is registered.</summary>
    public sealed record Answer(object Message) : WatcherEffect;

    /// <summary>Tell the operator.</summary>
    public sealed record Note(string Text, NoteLevel Level) : WatcherEffect;
}
