using System.Diagnostics.CodeAnalysis;
using AkkaLb.Core;
using AkkaLb.Etcd;

namespace AkkaLb.Registry.Etcd;

/// <summary>A worker's value in the registry:
/// <c>{"path","incarnation","state":"up|draining","capacity","heartbeatMs","version","reason"}</c>.</summary>
/// <remarks>The id is not in it: it is the end of the key. An empty reason is left out. Unknown fields are skipped, so that a newer worker can
/// say more.</remarks>
public static class RegistryValue
{
    private const int VersionLengthMax = 128;
    private const int PathLengthMax = 1024;

    /// <summary>The bytes to put.</summary>
    /// <exception cref="ArgumentException">The record breaks a rule, so that nobody could read it back.</exception>
    public static byte[] Write(WorkerRecord worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        var json = JsonValue.Write(fields =>
        {
            fields.WriteString("path", worker.Path);
            fields.WriteNumber("incarnation", worker.Incarnation);
            fields.WriteString("state", NameOf(worker.State));
            fields.WriteNumber("capacity", worker.Capacity);
            fields.WriteNumber("heartbeatMs", worker.HeartbeatMs);
            fields.WriteString("version", worker.Version);
            if (worker.Reason.Length > 0)
            {
                fields.WriteString("reason", OneLine.Of(worker.Reason, WorkerRecord.ReasonLengthMax));
            }
        });
        return TryParse(worker.Id, json, out _, out var problem)
            ? json
            : throw new ArgumentException($"worker '{worker.Id}' cannot be registered: {problem}", nameof(worker));
    }

    /// <summary>Reads a value; never throws.</summary>
    /// <param name="id">The end of the key.</param>
    /// <param name="utf8">The value as etcd holds it, at most 4 KiB.</param>
    /// <param name="worker">The record when the answer is true.</param>
    /// <param name="problem">What is wrong, in words for an operator, when the answer is false.</param>
    public static bool TryParse(
        string id, ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out WorkerRecord? worker, [NotNullWhen(false)] out string? problem)
    {
        worker = null;
        if (!WorkerIds.IsValid(id))
        {
            problem = "the key does not end in a valid worker id";
            return false;
        }

        if (!JsonValue.TryOpen(utf8, out var document, out problem))
        {
            return false;
        }

        using (document)
        {
            var value = JsonValue.Of(document);
            var path = value.Text("path", PathLengthMax);
            var incarnation = value.Whole("incarnation", 1, long.MaxValue);
            var state = value.Text("state", PathLengthMax);
            var capacity = value.Whole("capacity", 1, int.MaxValue);
            var heartbeatMs = value.Whole("heartbeatMs", 1, int.MaxValue);
            var version = value.Text("version", VersionLengthMax);
            var reason = value.Has("reason") ? value.Text("reason", WorkerRecord.ReasonLengthMax) : "";
            value.Require(SerializedActorPath.IsWorker(path), SerializedActorPath.NoWorker);
            value.Require(state is "up" or "draining", "'state' must be 'up' or 'draining'");
            problem = value.Problem;
            worker = problem is null
                ? new WorkerRecord(id, incarnation, path, StateOf(state), (int)capacity, (int)heartbeatMs, version, reason)
                : null;
            return worker is not null;
        }
    }

    private static string NameOf(WorkerState state) => state switch
    {
        WorkerState.Up => "up",
        WorkerState.Draining => "draining",
    };

    private static WorkerState StateOf(string name) => name == "up" ? WorkerState.Up : WorkerState.Draining;
}
