using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using AkkaLb.Core;
using AkkaLb.Etcd;
using Mvccpb;

namespace AkkaLb.Registry.Etcd;

/// <summary>What an operator wants of a worker, as a value in the registry: <c>{"state","weight","by","at","because"}</c>.</summary>
public static class OverrideValue
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>The bytes to put.</summary>
    /// <exception cref="ArgumentException">Nobody would read it: a text is too long, or a number out of its range.</exception>
    public static byte[] Write(WorkerOverride wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var json = JsonValue.Write(new Json
        {
            State = AdminStates.NameOf(wanted.State),
            Weight = wanted.WeightPercent,
            By = wanted.By,
            At = wanted.At.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture),
            Because = wanted.Because.Length == 0 ? null : wanted.Because,
        });
        return TryParse(wanted.WorkerId, json, out _, out var problem)
            ? json
            : throw new ArgumentException($"worker '{wanted.WorkerId}' cannot be told this: {problem}", nameof(wanted));
    }

    /// <summary>Reads a key as what is wanted of a worker. It needs no lease.</summary>
    public static string? Read(string id, KeyValue kv, out OverrideSight? sight)
    {
        ArgumentNullException.ThrowIfNull(kv);
        sight = TryParse(id, kv.Value.Memory, out var wanted, out var problem) ? new OverrideSight(id, wanted) : null;
        return problem;
    }

    /// <summary>Reads a value; never throws.</summary>
    /// <param name="id">The end of the key.</param>
    /// <param name="utf8">The value as etcd holds it, at most 4 KiB.</param>
    /// <param name="wanted">When the answer is true.</param>
    /// <param name="problem">What is wrong, in words for an operator, when the answer is false.</param>
    public static bool TryParse(
        string id, ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out WorkerOverride? wanted, [NotNullWhen(false)] out string? problem)
    {
        wanted = null;
        if (!WorkerIds.IsWorker(id))
        {
            problem = "the key does not end in a valid worker id";
            return false;
        }

        if (JsonValue.TryRead<Json>(utf8, out var value, out problem))
        {
            // A word of a later version is more likely one without jobs.
            var state = AdminStates.Of(value.State) ?? AdminState.Drain;
            var isTime = DateTimeOffset.TryParse(
                value.At, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at);
            problem = isTime ? null : "'at' must be a date with a time";
            wanted = problem is null ? new WorkerOverride(id, state, (int)value.Weight, value.By, at, value.Because ?? "") : null;
        }

        return problem is null;
    }

    private sealed record Json
    {
        [JsonText(32)] public required string State { get; init; }

        [JsonWhole(WorkerOverride.WeightMin, WorkerOverride.WeightUsual)] public required long Weight { get; init; }

        [JsonText(WorkerOverride.ByLengthMax)] public required string By { get; init; }

        [JsonText(64)] public required string At { get; init; }

        [JsonText(WorkerRecord.ReasonLengthMax)] public string? Because { get; init; }
    }
}
