using System.Text.Unicode;
using AkkaLb.Core;
using Google.Protobuf;

namespace AkkaLb.Messages;

/// <summary>Fields that several messages have, each with its range: what is read comes from the network.</summary>
internal static class WireFields
{
    /// <summary>Bound of every duration on the wire: 100 days.</summary>
    public const ulong DurationMsMax = 100UL * 24 * 3600 * 1000;

    /// <summary>Bound of paths, keys and names, in characters: longer ones are refused.</summary>
    public const int NameLengthMax = 1024;

    /// <summary>Bound of a version, in characters.</summary>
    public const int VersionLengthMax = 128;

    /// <summary>Bound of texts for people, in bytes: longer ones are cut. Two of them fit into the smallest frame that Akka allows, 32,000
    /// bytes.</summary>
    public const int TextBytesMax = 8192;

    public static WorkerKey Key(string id, ulong incarnation)
    {
        Check(WorkerIds.IsWorker(id), "worker_id");
        return new WorkerKey(id, (long)incarnation);
    }

    public static int Attempt(uint attempt)
    {
        Check(attempt is >= 1 and <= int.MaxValue, "attempt");
        return (int)attempt;
    }

    public static uint ToAttempt(int attempt)
    {
        Check(attempt >= 1, "attempt");
        return (uint)attempt;
    }

    /// <summary>Whole milliseconds, rounded up: a remaining time above zero must not arrive as zero.</summary>
    public static ulong Ms(TimeSpan time) => time <= TimeSpan.Zero ? 0 : Math.Min(DurationMsMax, (ulong)Math.Ceiling(time.TotalMilliseconds));

    /// <summary>For fields of 32 bits, which end at 49 days: a longer time is cut, not wrapped around.</summary>
    public static uint Ms32(TimeSpan time) => (uint)Math.Min(uint.MaxValue, Ms(time));

    /// <summary>Whole seconds, up to 136 years.</summary>
    public static uint Seconds(TimeSpan time) => (uint)Math.Clamp(time.TotalSeconds, 0, uint.MaxValue);

    /// <summary>Whole microseconds.</summary>
    public static ulong Us(TimeSpan time) => time <= TimeSpan.Zero ? 0 : Math.Min(DurationMsMax * 1000, (ulong)time.TotalMicroseconds);

    public static TimeSpan Micros(ulong us)
    {
        Check(us <= DurationMsMax * 1000, "duration");
        return TimeSpan.FromMicroseconds((long)us);
    }

    public static TimeSpan Duration(ulong ms)
    {
        Check(ms <= DurationMsMax, "duration");
        return TimeSpan.FromMilliseconds((long)ms);
    }

    /// <summary>Cut, because an exception's text of a megabyte would make a message that no frame holds, and the other side would wait in
    /// vain.</summary>
    public static string Text(string text, int lengthMax = TextBytesMax)
    {
        Span<byte> bytes = stackalloc byte[TextBytesMax];
        var head = text.AsSpan(0, Math.Min(text.Length, lengthMax));
        if (head.Length < text.Length && char.IsHighSurrogate(head[^1]))
        {
            head = head[..^1];
        }

        Utf8.FromUtf16(head, bytes, out var charsRead, out _);
        return charsRead == text.Length ? text : text[..charsRead];
    }

    public static string Sendable(string workerId) => Sendable(workerId, WorkerIds.IsWorker(workerId), "worker_id");

    /// <summary>The default service is not named: a version that knows no other one writes and reads it so.</summary>
    public static string SendableService(string service) =>
        service == WorkerService.Default ? "" : Sendable(service, WorkerService.IsValid(service), "service");

    public static string Service(string service)
    {
        Check(service.Length == 0 || WorkerService.IsValid(service), "service");
        return service.Length == 0 ? WorkerService.Default : service;
    }

    public static string Zone(string zone) => Sendable(zone, WorkerRecord.IsZone(zone), "zone");

    public static string Sendable(string text, bool holds, string field)
    {
        Check(holds, field);
        return text;
    }

    public static void Check(bool holds, string field)
    {
        if (!holds)
        {
            throw new FormatException($"field {field} is out of range");
        }
    }

    public static double Finite(double number)
    {
        Check(double.IsFinite(number), "number");
        return number;
    }

    public static int ReplyBytes(uint bytes)
    {
        Check(bytes <= Job.ReplyBytesCeiling, "bytes");
        return (int)bytes;
    }

    public static uint ToReplyBytes(int bytes)
    {
        Check(bytes is >= 0 and <= Job.ReplyBytesCeiling, "bytes");
        return (uint)bytes;
    }

    /// <summary>Numbers of pieces, and what they cost.</summary>
    public static long Number(ulong number)
    {
        Check(number is >= 1 and <= long.MaxValue / 2, "number");
        return (long)number;
    }

    public static ulong ToNumber(long number)
    {
        Check(number >= 1, "number");
        return (ulong)number;
    }

    public static string TraceParent(JobTrace? trace) =>
        trace is null ? "" : Sendable(trace.Parent, trace.Parent.Length is > 0 and <= JobTrace.ParentLengthMax, "trace_parent");

    public static string TraceState(JobTrace? trace) =>
        trace is null ? "" : Sendable(trace.State, trace.State.Length <= JobTrace.StateLengthMax, "trace_state");

    /// <summary>One that is not understood is left out: no job is lost for that.</summary>
    public static JobTrace? Trace(string parent, string state) => parent.Length is 0 or > JobTrace.ParentLengthMax
        ? null
        : new JobTrace(parent, state.Length <= JobTrace.StateLengthMax ? state : "");

    public static ulong Accepted(JobCounts counts) => checked((ulong)counts.Accepted);

    public static uint InFlight(JobCounts counts) => checked((uint)counts.InFlight);

    /// <summary>A version that does not tell how many were accepted may still tell how many are in flight.</summary>
    public static JobCounts Counts(ulong accepted, uint inFlight)
    {
        Check(inFlight <= int.MaxValue && (accepted == 0 || inFlight <= accepted), "jobs_in_flight");
        Check(accepted <= long.MaxValue / 2, "jobs_accepted");
        return new JobCounts((long)accepted, (int)inFlight);
    }

    public static Wire.JobId ToWire(this JobId m) => new() { Client = (ulong)m.Client, Sequence = (ulong)m.Sequence };

    public static JobId FromWire(this Wire.JobId? m)
    {
        Check(m is not null, "id");
        return new JobId((long)m!.Client, (long)m.Sequence);
    }

    public static Wire.Payload ToWire(this Payload m) =>
        new() { SerializerId = m.SerializerId, Manifest = m.Manifest, Data = UnsafeByteOperations.UnsafeWrap(m.Data) };

    public static Payload FromWire(this Wire.Payload? m)
    {
        Check(m is not null, "payload");
        return new Payload(m!.SerializerId, m.Manifest, m.Data.Memory);
    }
}
