using AkkaLb.Core;
using static AkkaLb.Messages.WireFields;
using static AkkaLb.Messages.WireRow;

namespace AkkaLb.Messages;

/// <summary>The protocol, a row a message. Rows are added; what a manifest stands for never changes.</summary>
internal static class WireTable
{
    public static IReadOnlyList<WireRow> Rows(WireCache cache)
    {
        var single = Single(cache);
        return [.. single, new BatchRow(single)];
    }

    private static IReadOnlyList<WireRow> Single(WireCache cache) =>
    [
        // client and balancer
        Of<Assign>("A", WireAssignments.Write, from => WireAssignments.ReadAssign(from, cache)),
        Of<Assigned>("AD", WireAssignments.Write, from => WireAssignments.ReadAssigned(from, cache)),
        Of("AR", Wire.AssignRejected.Parser,
            (AssignRejected m) => new()
            {
                RequestId = (ulong)m.RequestId, Reason = m.Reason.ToWire(), Sentence = Text(m.Sentence), RetryAfterMs = Ms(m.RetryAfter),
            },
            m => new((long)m.RequestId, m.Reason.FromWire(), Text(m.Sentence), Duration(m.RetryAfterMs))),
        Of("AH", Wire.AssignHeld.Parser,
            (AssignHeld m) => new() { RequestId = (ulong)m.RequestId, AgainMs = Ms(m.Again) },
            m => new((long)m.RequestId, Duration(m.AgainMs))),
        Of<Finished>("F", WireAssignments.Write, WireAssignments.ReadFinished),
        Of("U", Wire.WorkerUnreachable.Parser,
            (WorkerUnreachable m) => new()
            {
                WorkerId = Sendable(m.Worker.Id), Incarnation = (ulong)m.Worker.Incarnation, Seen = Text(m.Seen),
            },
            m => new(Key(m.WorkerId, m.Incarnation), Text(m.Seen))),

        // balancers of a cluster
        Of("Q", Wire.WhoDecides.Parser, (WhoDecides _) => new(), _ => WhoDecides.Instance),
        Of("QD", Wire.Decides.Parser, (Decides m) => new() { Term = checked((ulong)m.Term) }, m => new(checked((long)m.Term))),

        // worker and balancer
        Of("M", Wire.MemoryReport.Parser, (MemoryReport m) => m.ToWire(), m => m.FromWire()),
        Of("R", Wire.Register.Parser,
            (Register m) => new() { Worker = m.Worker.ToWire(), TtlMs = Ms(m.Ttl), LeaseId = (ulong)m.LeaseId },
            m => m.FromWire()),
        Of("RD", Wire.Registered.Parser,
            (Registered m) => new() { LeaseId = (ulong)m.LeaseId, TtlMs = Ms(m.Ttl) },
            m => new((long)m.LeaseId, Duration(m.TtlMs))),
        Of("RR", Wire.RegisterRefused.Parser,
            (RegisterRefused m) => new() { HolderIncarnation = (ulong)m.HolderIncarnation, Text = Text(m.Text) },
            m => new((long)m.HolderIncarnation, Text(m.Text))),
        Of("K", Wire.KeepAlive.Parser, (KeepAlive m) => new() { LeaseId = (ulong)m.LeaseId }, m => new((long)m.LeaseId)),
        Of("KD", Wire.KeptAlive.Parser,
            (KeptAlive m) => new() { LeaseId = (ulong)m.LeaseId, TtlMs = Ms(m.Ttl) },
            m => new((long)m.LeaseId, Duration(m.TtlMs))),
        Of("RU", Wire.UpdateRegistration.Parser,
            (UpdateRegistration m) => new() { LeaseId = (ulong)m.LeaseId, Worker = m.Worker.ToWire() },
            m => new((long)m.LeaseId, m.Worker.FromWire())),
        Of("RUD", Wire.RegistrationUpdated.Parser,
            (RegistrationUpdated m) => new() { LeaseId = (ulong)m.LeaseId, Written = m.Written },
            m => new((long)m.LeaseId, m.Written)),
        Of("D", Wire.Deregister.Parser, (Deregister m) => new() { LeaseId = (ulong)m.LeaseId }, m => new((long)m.LeaseId)),
        Of("DD", Wire.Deregistered.Parser, (Deregistered m) => new() { LeaseId = (ulong)m.LeaseId }, m => new((long)m.LeaseId)),

        // anyone and balancer: the state
        Of("GW", Wire.GetWatcherState.Parser, (GetWatcherState _) => new(), _ => GetWatcherState.Instance),
        Of("WS", Wire.WatcherState.Parser, (WatcherState m) => m.ToWire(), m => m.FromWire()),
        Of("GB", Wire.GetBalancerState.Parser, (GetBalancerState m) => m.ToWire(), m => m.FromWire()),
        Of("BS", Wire.BalancerState.Parser, (BalancerState m) => m.ToWire(), m => m.FromWire()),
        Of("GD", Wire.GetDecisions.Parser, (GetDecisions m) => m.ToWire(), m => m.FromWire()),
        Of("DS", Wire.Decisions.Parser, (Decisions m) => m.ToWire(), m => m.FromWire()),

        Of("GE", Wire.GetBalancerEvents.Parser, (GetBalancerEvents m) => m.ToWire(), m => m.FromWire()),
        Of("ES", Wire.BalancerEvents.Parser, (BalancerEvents m) => m.ToWire(), m => m.FromWire()),

        // client and worker
        Of<Job>("J", WireJobs.Write, from => WireJobs.ReadJob(from, cache)),
        Of("JP", Wire.JobProgress.Parser,
            (JobProgress m) => new() { Id = m.Id.ToWire(), Attempt = ToAttempt(m.Attempt), Progress = m.Progress.ToWire() },
            m => new(m.Id.FromWire(), Attempt(m.Attempt), m.Progress.FromWire())),
        Of("JS", Wire.ReplyPiece.Parser,
            (ReplyPiece m) => new()
            {
                Id = m.Id.ToWire(), Attempt = ToAttempt(m.Attempt), Number = ToNumber(m.Number), Piece = m.Piece.ToWire(),
                Length = ToReplyBytes(m.Length),
            },
            m => new(m.Id.FromWire(), Attempt(m.Attempt), Number(m.Number), m.Piece.FromWire(), ReplyBytes(m.Length))),
        Of("JT", Wire.TakeReply.Parser,
            (TakeReply m) => new() { Id = m.Id.ToWire(), Attempt = ToAttempt(m.Attempt), UpTo = ToNumber(m.UpTo) },
            m => new(m.Id.FromWire(), Attempt(m.Attempt), Number(m.UpTo))),
        Of("JC", Wire.CancelJob.Parser,
            (CancelJob m) => new() { Id = m.Id.ToWire(), Attempt = ToAttempt(m.Attempt) },
            m => new(m.Id.FromWire(), Attempt(m.Attempt))),
        Of<JobDone>("JD", WireJobs.Write, from => WireJobs.ReadJobDone(from, cache)),
        Of("JF", Wire.JobFailed.Parser,
            (JobFailed m) => new()
            {
                Id = m.Id.ToWire(), Attempt = ToAttempt(m.Attempt), Reason = m.Reason.ToWire(), ExceptionType = Text(m.ExceptionType),
                Text = Text(m.Text), JobsAccepted = Accepted(m.Counts), JobsInFlight = InFlight(m.Counts),
            },
            m => new(
                m.Id.FromWire(), Attempt(m.Attempt), m.Reason.FromWire(), Text(m.ExceptionType), Text(m.Text),
                Counts(m.JobsAccepted, m.JobsInFlight))),
        Of("JR", Wire.JobRejected.Parser,
            (JobRejected m) => new()
            {
                Id = m.Id.ToWire(), Attempt = ToAttempt(m.Attempt), Reason = m.Reason.ToWire(), Text = Text(m.Text, JobRejected.TextLengthMax),
                RetryAfterMs = Ms(m.RetryAfter), JobsAccepted = Accepted(m.Counts), JobsInFlight = InFlight(m.Counts),
            },
            m => new(
                m.Id.FromWire(), Attempt(m.Attempt), m.Reason.FromWire(), Text(m.Text, JobRejected.TextLengthMax), Duration(m.RetryAfterMs),
                Counts(m.JobsAccepted, m.JobsInFlight))),
    ];
}
