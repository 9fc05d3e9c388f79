using AkkaLb.Watching;

namespace AkkaLb.Core.Balancing;

/// <summary>Members that the registry has lost all at once, and that are kept until each has had time to register again.</summary>
/// <remarks>A registry that came back empty has lost them, not they their lives, and each registers again with its next renewal. Not
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

    /// <summary>Everything was read.</summary>
    /// <param name="before">What the registry held before.</param>
    /// <param name="found">What it holds.</param>
    /// <param name="now">Monotonic.</param>
    /// <returns>Whether it has lost them all, and they are kept from now on.</returns>
    public bool Read(IReadOnlyCollection<Member> before, IReadOnlyCollection<Member> found, TimeSpan now)
    {
        var there = found.Select(m => m.Worker.Id).ToHashSet(StringComparer.Ordinal);
        var isLost = before.Concat(All).All(m => !there.Contains(m.Worker.Id));
        foreach (var id in there)
        {
            _kept.Remove(id);
        }

        if (!isLost || before.Count == 0)
        {
            return false;
        }

        foreach (var member in before)
        {
            _kept[member.Worker.Id] = member;
        }

        // No longer if they are missing in another reading.
        var isNew = KeptUntil is null;
        var heartbeat = TimeSpan.FromMilliseconds(before.Max(m => m.Worker.HeartbeatMs));
        KeptUntil ??= now + (heartbeat < KeepMax ? heartbeat : KeepMax) + KeepSlack;
        return isNew;
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
}
