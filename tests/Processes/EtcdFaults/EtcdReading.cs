using System.Text;
using System.Text.Json;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>What etcdctl read of etcd's own keys.</summary>
/// <param name="BeganAt">When it was asked (<see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>).</param>
/// <param name="EndedAt">When it was back.</param>
/// <param name="Workers">Incarnation of each worker by its id; null when etcd could not be read.</param>
public sealed record EtcdReading(long BeganAt, long EndedAt, long Revision, IReadOnlyDictionary<string, EtcdKey>? Workers)
{
    /// <summary>Reads the answer of <c>etcdctl get --prefix -w json</c>; values that are no worker's are left out.</summary>
    public static EtcdReading Parse(long beganAt, long endedAt, string json, string prefix)
    {
        using var document = JsonDocument.Parse(json);
        var workers = new Dictionary<string, EtcdKey>();
        if (document.RootElement.TryGetProperty("kvs", out var kvs))
        {
            foreach (var kv in kvs.EnumerateArray())
            {
                var id = Encoding.UTF8.GetString(kv.GetProperty("key").GetBytesFromBase64())[prefix.Length..];
                using var value = JsonDocument.Parse(kv.GetProperty("value").GetBytesFromBase64());
                workers.Add(id, new EtcdKey(
                    value.RootElement.GetProperty("incarnation").GetInt64(), kv.GetProperty("create_revision").GetInt64(),
                    kv.GetProperty("lease").GetInt64()));
            }
        }

        return new EtcdReading(beganAt, endedAt, document.RootElement.GetProperty("header").GetProperty("revision").GetInt64(), workers);
    }
}

/// <summary>A worker's key.</summary>
public sealed record EtcdKey(long Incarnation, long CreateRevision, long Lease);
