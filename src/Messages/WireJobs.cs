using System.Text;
using AkkaLb.Core;
using static AkkaLb.Messages.WireFields;
using static AkkaLb.Messages.WireReader;

namespace AkkaLb.Messages;

/// <summary>Between client and worker: a job, and its reply.</summary>
internal static class WireJobs
{
    public static void Write(ref WireWriter to, Job m)
    {
        Write(ref to, Wire.Job.IdFieldNumber, m.Id);
        to.Varint(Wire.Job.AttemptFieldNumber, ToAttempt(m.Attempt));
        to.Varint(Wire.Job.RemainingMsFieldNumber, Ms(m.Remaining));
        to.Bool(Wire.Job.IdempotentFieldNumber, m.Idempotent);
        Write(ref to, Wire.Job.MessageFieldNumber, m.Message);
        to.Varint(Wire.Job.WaitedMsFieldNumber, Ms(m.Waited));
        to.Bool(Wire.Job.WantsProgressFieldNumber, m.WantsProgress);
        to.Varint(Wire.Job.ReplyBytesMaxFieldNumber, ToReplyBytes(m.ReplyBytesMax));
        to.Bool(Wire.Job.WantsStreamFieldNumber, m.WantsStream);
        to.Text(Wire.Job.TraceParentFieldNumber, TraceParent(m.Trace));
        to.Text(Wire.Job.TraceStateFieldNumber, TraceState(m.Trace));
        to.Bool(Wire.Job.TakesBatchesFieldNumber, m.TakesBatches);
    }

    public static Job ReadJob(WireReader from, WireCache cache)
    {
        var (id, attempt, remainingMs, idempotent) = ((JobId?)null, 0U, 0UL, false);
        var (message, waitedMs, wantsProgress, replyBytesMax) = (default(PayloadFields), 0UL, false, 0U);
        var (wantsStream, traceParent, traceState, takesBatches) = (false, "", "", false);
        while (from.Next())
        {
            switch (from.Tag)
            {
                case (Wire.Job.IdFieldNumber << 3) | Delimited:
                    id = MergeId(id ?? default, from.Message);
                    break;
                case (Wire.Job.AttemptFieldNumber << 3) | Varint:
                    attempt = (uint)from.Number;
                    break;
                case (Wire.Job.RemainingMsFieldNumber << 3) | Varint:
                    remainingMs = from.Number;
                    break;
                case (Wire.Job.IdempotentFieldNumber << 3) | Varint:
                    idempotent = from.Bool;
                    break;
                case (Wire.Job.MessageFieldNumber << 3) | Delimited:
                    message.Merge(from.Message, cache);
                    break;
                case (Wire.Job.WaitedMsFieldNumber << 3) | Varint:
                    waitedMs = from.Number;
                    break;
                case (Wire.Job.WantsProgressFieldNumber << 3) | Varint:
                    wantsProgress = from.Bool;
                    break;
                case (Wire.Job.ReplyBytesMaxFieldNumber << 3) | Varint:
                    replyBytesMax = (uint)from.Number;
                    break;
                case (Wire.Job.WantsStreamFieldNumber << 3) | Varint:
                    wantsStream = from.Bool;
                    break;
                case (Wire.Job.TraceParentFieldNumber << 3) | Delimited:
                    traceParent = from.Text;
                    break;
                case (Wire.Job.TraceStateFieldNumber << 3) | Delimited:
                    traceState = from.Text;
                    break;
                case (Wire.Job.TakesBatchesFieldNumber << 3) | Varint:
                    takesBatches = from.Bool;
                    break;
            }
        }

        Check(id is not null, "id");
        return new Job(
            id!.Value, Attempt(attempt), Duration(remainingMs), idempotent, message.ToPayload(), Duration(waitedMs), wantsProgress,
            ReplyBytes(replyBytesMax), wantsStream, Trace(traceParent, traceState), takesBatches);
    }

    public static void Write(ref WireWriter to, JobDone m)
    {
        Write(ref to, Wire.JobDone.IdFieldNumber, m.Id);
        to.Varint(Wire.JobDone.AttemptFieldNumber, ToAttempt(m.Attempt));
        if (m.End is null)
        {
            Write(ref to, Wire.JobDone.ReplyFieldNumber, m.Reply);
        }

        to.Varint(Wire.JobDone.JobsAcceptedFieldNumber, Accepted(m.Counts));
        to.Varint(Wire.JobDone.JobsInFlightFieldNumber, InFlight(m.Counts));
        if (m.End is { } end)
        {
            var start = to.Begin(Wire.JobDone.EndFieldNumber);
            to.Varint(Wire.ReplyEnd.PiecesFieldNumber, checked((ulong)end.Pieces));
            to.Fixed64(Wire.ReplyEnd.HashFieldNumber, end.Hash);
            to.End(start);
        }
    }

    public static JobDone ReadJobDone(WireReader from, WireCache cache)
    {
        var (id, attempt, reply, accepted, inFlight) = ((JobId?)null, 0U, default(PayloadFields), 0UL, 0U);
        (ulong Pieces, ulong Hash)? end = null;
        while (from.Next())
        {
            switch (from.Tag)
            {
                case (Wire.JobDone.IdFieldNumber << 3) | Delimited:
                    id = MergeId(id ?? default, from.Message);
                    break;
                case (Wire.JobDone.AttemptFieldNumber << 3) | Varint:
                    attempt = (uint)from.Number;
                    break;
                case (Wire.JobDone.ReplyFieldNumber << 3) | Delimited:
                    reply.Merge(from.Message, cache);
                    break;
                case (Wire.JobDone.JobsAcceptedFieldNumber << 3) | Varint:
                    accepted = from.Number;
                    break;
                case (Wire.JobDone.JobsInFlightFieldNumber << 3) | Varint:
                    inFlight = (uint)from.Number;
                    break;
                case (Wire.JobDone.EndFieldNumber << 3) | Delimited:
                    end = MergeEnd(end ?? default, from.Message);
                    break;
            }
        }

        Check(id is not null, "id");
        Check(end is null or { Pieces: <= long.MaxValue / 2 }, "pieces");
        return new JobDone(
            id!.Value, Attempt(attempt), end is null ? reply.ToPayload() : Payload.None, Counts(accepted, inFlight),
            end is null ? null : new ReplyEnd((long)end.Value.Pieces, end.Value.Hash));
    }

    private static void Write(ref WireWriter to, int field, JobId id)
    {
        var start = to.Begin(field);
        to.Fixed64(Wire.JobId.ClientFieldNumber, (ulong)id.Client);
        to.Varint(Wire.JobId.SequenceFieldNumber, (ulong)id.Sequence);
        to.End(start);
    }

    private static void Write(ref WireWriter to, int field, Payload payload)
    {
        // The length is reckoned first: a payload may be large, and is copied once so.
        var id = (ulong)payload.SerializerId;
        to.Head(
            field,
            (id == 0 ? 0 : 1 + WireWriter.SizeOf(id)) + WireWriter.SizeOfField(Encoding.UTF8.GetByteCount(payload.Manifest))
            + WireWriter.SizeOfField(payload.Data.Length));
        to.Varint(Wire.Payload.SerializerIdFieldNumber, id);
        to.Text(Wire.Payload.ManifestFieldNumber, payload.Manifest);
        to.Bytes(Wire.Payload.DataFieldNumber, payload.Data.Span);
    }

    private static JobId MergeId(JobId id, WireReader from)
    {
        while (from.Next())
        {
            id = from.Tag switch
            {
                (Wire.JobId.ClientFieldNumber << 3) | Fixed64 => id with { Client = (long)from.Number },
                (Wire.JobId.SequenceFieldNumber << 3) | Varint => id with { Sequence = (long)from.Number },
                _ => id,
            };
        }

        return id;
    }

    private static (ulong Pieces, ulong Hash) MergeEnd((ulong Pieces, ulong Hash) end, WireReader from)
    {
        while (from.Next())
        {
            end = from.Tag switch
            {
                (Wire.ReplyEnd.PiecesFieldNumber << 3) | Varint => end with { Pieces = from.Number },
                (Wire.ReplyEnd.HashFieldNumber << 3) | Fixed64 => end with { Hash = from.Number },
                _ => end,
            };
        }

        return end;
    }

    /// <summary>The fields of a payload. Where a message has it more than once, protobuf merges them.</summary>
    private struct PayloadFields
    {
        private bool _isThere;
        private int _serializerId;
        private string? _manifest;
        private byte[]? _data;

        public void Merge(WireReader from, WireCache cache)
        {
            _isThere = true;
            while (from.Next())
            {
                switch (from.Tag)
                {
                    case (Wire.Payload.SerializerIdFieldNumber << 3) | Varint:
                        _serializerId = (int)from.Number;
                        break;
                    case (Wire.Payload.ManifestFieldNumber << 3) | Delimited:
                        _manifest = cache.Text(from.Bytes);
                        break;
                    case (Wire.Payload.DataFieldNumber << 3) | Delimited:
                        _data = from.Bytes.ToArray();
                        break;
                }
            }
        }

        public readonly Payload ToPayload()
        {
            Check(_isThere, "payload");
            return new Payload(_serializerId, _manifest ?? "", _data);
        }
    }
}
