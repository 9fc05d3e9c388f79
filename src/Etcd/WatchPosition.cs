namespace AkkaLb.Etcd;

/// <summary>How far a watch has come, and in which cluster: what decides whether it may continue where it stopped.</summary>
internal sealed class WatchPosition
{
    private ulong _clusterId;

    /// <summary>Everything up to this revision was told to the consumer; null before the first snapshot and when it no longer counts.</summary>
    public long? Revision { get; private set; }

    /// <summary>A snapshot of this cluster at this revision was told.</summary>
    public void Set(ulong clusterId, long revision)
    {
        _clusterId = clusterId;
        Revision = revision;
    }

    /// <summary>The events of this revision were told.</summary>
    public void Advance(long revision) => Revision = revision;

    /// <summary>The revisions behind the position are gone (compacted): only a snapshot helps.</summary>
    public void Forget() => Revision = null;

    /// <summary>Whether events of this revision are still to be told.</summary>
    public bool IsNew(long revision) => Revision is { } told && revision > told;

    /// <summary>Why the watch cannot continue from its position; null when it can.</summary>
    /// <param name="clusterId">Of a <em>linearizable</em> answer that was asked for after <paramref name="toldThen"/> was known.</param>
    /// <param name="revision">Of the same answer. A lagging member's own revision would prove nothing.</param>
    /// <param name="toldThen">The position at the time of the question.</param>
    public string? WhyStale(ulong clusterId, long revision, long? toldThen)
    {
        if (Revision is null || toldThen is null)
        {
            return "nothing is known yet";
        }

        if (clusterId != _clusterId)
        {
            return "etcd answers with the id of another cluster";
        }

        // A cluster restored from a backup has the same id, and would stay silent until it grew past our position.
        return revision < toldThen ? $"etcd is at revision {revision} and was at {toldThen} before: it came back older" : null;
    }
}
