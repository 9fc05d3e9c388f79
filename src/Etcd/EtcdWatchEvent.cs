using Mvccpb;

namespace AkkaLb.Etcd;

/// <summary>What a watch tells, in order.</summary>
public abstract record EtcdWatchEvent
{
    private EtcdWatchEvent() { }

    /// <summary>All keys of the range as of <paramref name="Revision"/>, in no particular order. Comes first, and again when etcd cannot tell
    /// what was missed: compare it with what you hold.</summary>
    public sealed record Snapshot(long Revision, IReadOnlyList<KeyValue> Keys) : EtcdWatchEvent
    {
        /// <summary>Why everything was read again, in words; null for the first snapshot.</summary>
        public string? Because { get; init; }
    }

    /// <summary>What changed in one revision; a delete carries only the key.</summary>
    public sealed record Changed(long Revision, IReadOnlyList<Event> Events) : EtcdWatchEvent;

    /// <summary>etcd answered a question about the range: what was told so far is up to date, at least to the moment of the question.</summary>
    /// <param name="Revision">The store's revision in that answer.</param>
    public sealed record Alive(long Revision) : EtcdWatchEvent;

    /// <summary>etcd cannot be reached; what was told last still stands.</summary>
    public sealed record Disconnected(string Reason) : EtcdWatchEvent;

    /// <summary>Reached again after <see cref="Disconnected"/>.</summary>
    public sealed record Connected : EtcdWatchEvent;
}
