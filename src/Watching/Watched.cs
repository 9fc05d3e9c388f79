namespace AkkaLb.Watching;

/// <summary>What a watch of a registry tells, in order.</summary>
/// <typeparam name="T">What is read out of a key and its value.</typeparam>
public abstract record Watched<T>
    where T : class
{
    private Watched() { }

    /// <summary>What there is now. Comes first, with each change, and again when the registry cannot tell what was missed.</summary>
    /// <param name="Revision">The registry's revision it is of.</param>
    /// <param name="All">Everything, in the order in which the keys were created. It does not change any more.</param>
    /// <param name="Changes">What changed in this one revision; null: everything was read, compare it with what you hold.</param>
    public sealed record Known(long Revision, IReadOnlyCollection<T> All, IReadOnlyList<KeyChange<T>>? Changes = null) : Watched<T>
    {
        /// <summary>Why everything was read again, in words; null for the first time and for a change.</summary>
        public string? Because { get; init; }

        /// <summary>Whether anything differs from what was told before; a first reading always is news.</summary>
        public bool IsNews { get; init; } = true;
    }

    /// <summary>The registry answered a question about the keys: what was told so far is up to date, at least to the moment of the
    /// question.</summary>
    /// <param name="Revision">The registry's revision in that answer.</param>
    public sealed record Alive(long Revision) : Watched<T>;

    /// <summary>The registry cannot be reached, or refuses; what was told last still stands.</summary>
    /// <param name="IsRefused">It was reached and refuses: an operator has to mend that.</param>
    public sealed record Down(string Reason, bool IsRefused = false) : Watched<T>;

    /// <summary>Reached again after <see cref="Down"/>.</summary>
    public sealed record Up : Watched<T>;

    /// <summary>A key that is left out, because it or its value cannot be used; told once, as long as the problem stays the same.</summary>
    /// <param name="Key">As it is fit for a log: characters that cannot be seen are written as <c>\u001b</c>, and a long one is cut.</param>
    public sealed record Skipped(string Key, string Problem) : Watched<T>;

    /// <summary>So many keys are left out beside those that were told as <see cref="Skipped"/>: too many to name.</summary>
    public sealed record MoreSkipped(int Count) : Watched<T>;

    /// <summary>The watch has met an error that nobody foresaw, and begins again after a pause; what was told last still stands.</summary>
    public sealed record Failed(string Problem, Exception Cause) : Watched<T>;
}

/// <summary>One key's change.</summary>
/// <param name="Id">What follows the range's common start.</param>
/// <param name="Item">New, or changed; null: gone, or left out from now on.</param>
public sealed record KeyChange<T>(string Id, T? Item)
    where T : class;
