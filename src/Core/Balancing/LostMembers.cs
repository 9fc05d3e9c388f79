using AkkaLb.Watching;

namespace AkkaLb.Core.Balancing;

/// <summary>Members that the registry has lost, and that are kept until each has had time to register again.</summary>
/// <remarks>A registry that came back empty, or older, has lost them, not they their lives, and each registers again with its next renewal. Not
/// thread-safe.</remarks>
public sealed class LostMembers
{
    /// <summary>Longest time that members are kept, whatever heartbeat they announce.</summary>
    private static readonly TimeSpan KeepMax = TimeSpan.FromSeconds(10);

    /// <summary>Beyond the heartbeat, for the request and the watch.</summary>
    private static readonly TimeSpan KeepSlack = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Member> _kept = new(StringComparer.Ordinal);

    /// <summary>Those that have not registered again so far.</summary>
    public IReadOnlyCollection<Member> All => _kept.Values;

    /// <summary>When <see cref="End"/> wants to be called; null: nobody is kept.</summary>
    public TimeSpan? KeptUntil { get; private set; }

    /// <summary>Everything was read. The registry has lost whom it lacks when it lacks everybody, or has gone back in time.</summary>
    /// <param name="before">What the registry held before.</param>
    /// <param name="found">What it holds.</param>
    /// <param name="now">Monotonic.</param>
    /// <returns>How many it has lost, when a time of keeping has begun; else 0.</returns>
    public int Read(Watched<Member>.Known before, Watched<Member>.Known found, TimeSpan now)
    {
        var there = found.All.Select(m => m.Worker.Id).ToHashSet(StringComparer.Ordinal);
        var gone = before.All.Where(m => !there.Contains(m.Worker.Id)).ToList();
        var isEverybody = gone.Count == before.All.Count && !_kept.Keys.Any(there.Contains);
        foreach (var id in there)
        {
            _kept.Remove(id);
        }

        if (gone.Count == 0 || !(isEverybody || found.Revision < before.Revision))
        {
            EndIfEmpty();
            return 0;
        }

        foreach (var member in gone)
        {
            _kept[member.Worker.Id] = member;
        }

        // No longer if they are missing in another reading.
        var isNew = KeptUntil is null;
        var heartbeat = TimeSpan.FromMilliseconds(gone.Max(m => m.Worker.HeartbeatMs));
        KeptUntil ??= now + (heartbeat < KeepMax ? heartbeat : KeepMax) + KeepSlack;
        return isNew ? gone.Count : 0;
    }

    /// <summary>Who registers again is kept by the registry from now on.</summary>
    public void Changed(IReadOnlyList<KeyChange<Member>> changes)
    {
        if (_kept.Count > 0)
        {
            foreach (var change in changes)
            {
                _kept.Remove(change.Id);
            }

            EndIfEmpty();
        }
    }

    /// <summary>Lets go of those that did not register again; to be called at <see cref="KeptUntil"/>.</summary>
    /// <returns>Their removal.</returns>
    public IReadOnlyList<KeyChange<Member>> End(TimeSpan now)
    {
        if (KeptUntil is not { } until || now < until)
        {
            return [];
        }

        var gone = _kept.Keys.Order(StringComparer.Ordinal).Select(id => new KeyChange<Member>(id, Item: null)).ToList();
        _kept.Clear();
        KeptUntil = null;
        return gone;
    }

    /// <summary>Another loss begins another time.</summary>
    private void EndIfEmpty() => KeptUntil = _kept.Count == 0 ? null : KeptUntil;
}
