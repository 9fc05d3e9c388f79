using Google.Protobuf;
using Google.Protobuf.Collections;
using Mvccpb;

namespace AkkaLb.Etcd;

/// <summary>What a watch has told: each key with the revision of its last change. A full read is compared with it.</summary>
internal sealed class ToldKeys
{
    private readonly Dictionary<ByteString, long> _revisions = [];

    /// <summary>A snapshot was told.</summary>
    public void Reset(RepeatedField<KeyValue> keys)
    {
        _revisions.Clear();
        foreach (var kv in keys)
        {
            _revisions.Add(kv.Key, kv.ModRevision);
        }
    }

    /// <summary>Events were told.</summary>
    public void Apply(IEnumerable<Event> events)
    {
        foreach (var e in events)
        {
            if (e.Type == Event.Types.EventType.Put)
            {
                _revisions[e.Kv.Key] = e.Kv.ModRevision;
            }
            else
            {
                _revisions.Remove(e.Kv.Key);
            }
        }
    }

    /// <summary>Whether as many keys, the newest of them changed at this revision, are something else than what was told.</summary>
    /// <param name="newest">0 when there are no keys.</param>
    public bool IsDifferent(long count, long newest) => count != _revisions.Count || newest != _revisions.Values.DefaultIfEmpty(0).Max();

    /// <summary>Whether these keys, read whole, say something else than what was told.</summary>
    public bool IsDifferent(RepeatedField<KeyValue> keys) =>
        keys.Count != _revisions.Count || keys.Any(kv => !_revisions.TryGetValue(kv.Key, out var revision) || revision != kv.ModRevision);
}
