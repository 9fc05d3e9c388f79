namespace AkkaLb.Core.Balancing;

/// <summary>What a watch tells, in order.</summary>
public abstract record RegistryEvent
{
    private RegistryEvent() { }

    /// <summary>Everybody who is registered, in registration order, as of <paramref name="Revision"/>.</summary>
    public sealed record Snapshot(long Revision, IReadOnlyList<Member> Members) : RegistryEvent
    {
        /// <summary>Why everything was read again, in words; null for the first snapshot.</summary>
        public string? Because { get; init; }
    }

    /// <summary>What changed in one revision.</summary>
    public sealed record Changed(long Revision, IReadOnlyList<MemberChange> Changes) : RegistryEvent;

    /// <summary>A proof of life: the registry answered, and what was told so far is up to date to the moment it was asked.</summary>
    public sealed record Alive(long Revision) : RegistryEvent;

    /// <summary>The registry cannot be reached; the last known members still stand.</summary>
    public sealed record Disconnected(string Reason) : RegistryEvent;

    /// <summary>Reached again after <see cref="Disconnected"/>.</summary>
    public sealed record Connected : RegistryEvent;

    /// <summary>A registry value that cannot be read, or that nobody alive holds, and is left out;
    /// told once, as long as the problem stays the same.</summary>
    /// <param name="Key">As it is fit for a log.</param>
    public sealed record Unreadable(string Key, string Problem) : RegistryEvent;

    /// <summary>So many values are left out beside those that were told as <see cref="Unreadable"/>: too many to name.</summary>
    public sealed record MoreUnreadable(int Count) : RegistryEvent;
}
