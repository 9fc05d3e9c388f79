using System.Diagnostics.CodeAnalysis;
using AkkaLb.Core;
using AkkaLb.Etcd;
using Mvccpb;

namespace AkkaLb.Registry.Etcd;

/// <summary>A worker's value in the registry:
/// <c>{"path","incarnation","state":"up|draining","capacity","heartbeatMs","version","reason","places","speed","zone","takesCancel"}</c>.</summary>
/// <remarks>The id is not in it: it is the end of the key. An empty reason, an ordinary speed, and places and a zone that are not told are left out.
/// Unknown fields are skipped, so that a newer worker can say more.</remarks>
public static class RegistryValue
{
    /// <summary>The bytes to put.</summary>
    /// <exception cref="ArgumentException">The record breaks a rule, so that nobody could read it back.</exception>
    public static byte[] Write(WorkerRecord worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        var json = JsonValue.Write(new Json
        {
            Path = worker.Path,
            Incarnation = worker.Incarnation,
            State = worker.State == WorkerState.Up ? "up" : "draining",
            Capacity = worker.Capacity,
            HeartbeatMs = worker.HeartbeatMs,
            Version = worker.Version,
            Reason = worker.Reason.Length > 0 ? OneLine.Of(worker.Reason, WorkerRecord.ReasonLengthMax) : null,
            Places = worker.Places > 0 ? worker.Places : null,
            Speed = worker.Speed != WorkerRecord.OrdinarySpeed ? worker.Speed : null,
            Zone = worker.Zone.Length > 0 ? worker.Zone : null,
            TakesCancel = worker.TakesCancel ? 1 : null,
            TakesBatches = worker.TakesBatches ? 1 : null,
        });
        return TryParse(worker.Id, json, out _, out var problem)
            ? json
            : throw new ArgumentException($"worker '{worker.Id}' cannot be registered: {problem}", nameof(worker));
    }

    /// <summary>Reads a key as the member that it announces.</summary>
    /// <param name="protocol">By which the reader's node is reached. Akka throws for a protocol that it has no transport for, there and at every
    /// client that was sent there. Null: any.</param>
    public static ReadKey<Member> ReaderFor(string? protocol) => (string id, KeyValue kv, out Member? member) =>
    {
        member = TryParse(id, kv.Value.Memory, out var worker, out var problem) ? new Member(worker, kv.CreateRevision) : null;
        return problem ?? LeasedKey.Problem(kv) ?? (protocol is null || worker!.Path.StartsWith(protocol + "://", StringComparison.Ordinal)
            ? null
            : $"its worker is reached by {worker.Path[..worker.Path.IndexOf(':', StringComparison.Ordinal)]}, this balancer by {protocol}; switch "
                + "TLS between nodes (akkalb.tls) on at both or at neither");
    };

    /// <summary>Reads a value; never throws.</summary>
    /// <param name="id">The end of the key.</param>
    /// <param name="utf8">The value as etcd holds it, at most 4 KiB.</param>
    /// <param name="worker">The record when the answer is true.</param>
    /// <param name="problem">What is wrong, in words for an operator, when the answer is false.</param>
    public static bool TryParse(
        string id, ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out WorkerRecord? worker, [NotNullWhen(false)] out string? problem)
    {
        worker = null;
        if (!WorkerIds.IsWorker(id))
        {
            problem = "the key does not end in a valid worker id";
            return false;
        }

        if (JsonValue.TryRead<Json>(utf8, out var value, out problem))
        {
            problem = !SerializedActorPath.IsWorker(value.Path) ? SerializedActorPath.NoWorker
                : value.State is not ("up" or "draining") ? "'state' must be 'up' or 'draining'"
                : !WorkerRecord.IsZone(value.Zone ?? "") ? $"'zone' must be {WorkerService.Rule}"
                : null;
            var state = value.State == "up" ? WorkerState.Up : WorkerState.Draining;
            worker = problem is null
                ? new WorkerRecord(
                    id, value.Incarnation, value.Path, state, (int)value.Capacity, (int)value.HeartbeatMs, value.Version, value.Reason ?? "",
                    (int)(value.Places ?? 0), (int)(value.Speed ?? WorkerRecord.OrdinarySpeed), value.Zone ?? "",
                    value.TakesCancel == 1, value.TakesBatches == 1)
                : null;
        }

        return problem is null;
    }

    private sealed record Json
    {
        [JsonText(1024)] public required string Path { get; init; }

        [JsonWhole(1, long.MaxValue)] public required long Incarnation { get; init; }

        [JsonText(1024)] public required string State { get; init; }

        [JsonWhole(1, int.MaxValue)] public required long Capacity { get; init; }

        [JsonWhole(1, int.MaxValue)] public required long HeartbeatMs { get; init; }

        [JsonText(128)] public required string Version { get; init; }

        [JsonText(WorkerRecord.ReasonLengthMax)] public string? Reason { get; init; }

        [JsonWhole(1, int.MaxValue)] public long? Places { get; init; }

        [JsonWhole(1, WorkerRecord.SpeedMax)] public long? Speed { get; init; }

        [JsonText(WorkerService.LengthMax)] public string? Zone { get; init; }

        [JsonWhole(0, 1)] public long? TakesCancel { get; init; }

        [JsonWhole(0, 1)] public long? TakesBatches { get; init; }
    }
}
