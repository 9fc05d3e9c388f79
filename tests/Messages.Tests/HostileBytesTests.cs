using System.Runtime.Serialization;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Tests.Support;
using Google.Protobuf;

namespace AkkaLb.Messages.Tests;

[Collection(nameof(TestSystem))]
public sealed class HostileBytesTests(TestSystem system)
{
    private static readonly (string Manifest, IMessage Wire)[] OutOfRange =
    [
        ("A", new Wire.Assign { Count = 0 }),
        ("A", new Wire.Assign { Count = 1001 }),
        ("A", new Wire.Assign { Count = 65, Finished = new Wire.Finished { Client = 1 } }),
        ("A", new Wire.Assign { Count = uint.MaxValue }),
        ("A", new Wire.Assign { Count = 1, AheadSince = 1 }),
        ("A", new Wire.Assign { Count = 1, AheadSince = 1UL << 63, Finished = new Wire.Finished { Client = 1 } }),
        ("A", new Wire.Assign { Count = 1, LeaveOut = { Enumerable.Repeat(new Wire.WorkerKey { WorkerId = "w" }, 65) } }),
        ("A", new Wire.Assign { Count = 1, LeaveOut = { new Wire.WorkerKey { WorkerId = "a//b" } } }),
        ("A", new Wire.Assign { Count = 1, RemainingMs = ulong.MaxValue }),
        ("A", new Wire.Assign { Count = 1, Key = new string('k', 1025) }),
        ("A", new Wire.Assign { Count = 1, Service = "a/b" }),
        ("A", new Wire.Assign { Count = 1, Service = new string('s', 65) }),
        ("A", new Wire.Assign { Count = 1, Zone = "a b" }),
        ("A", new Wire.Assign { Count = 1, Zone = new string('z', 65) }),
        ("AD", new Wire.Assigned()),
        ("AD", Assigned("")),
        ("AD", Assigned("garbage")),
        ("AD", Assigned("/user/worker#5")),
        ("AD", Assigned("akka.tcp://AkkaLb@10.0.0.7:4055/user/worker")),
        ("AD", Assigned("akka.tcp://AkkaLb@10.0.0.7:notaport/user/worker#5")),
        ("AD", Assigned($"akka.tcp://AkkaLb@10.0.0.7:4055/user/{new string('x', 1100)}#5")),
        ("AD", Picks(1)),
        ("AD", Picks([.. Enumerable.Repeat(0u, 1001)])),
        ("AR", new Wire.AssignRejected { RetryAfterMs = ulong.MaxValue }),
        ("M", new Wire.MemoryReport { WorkerId = "w" }),
        ("M", new Wire.MemoryReport { WorkerId = "", HeartbeatMs = 1 }),
        ("M", new Wire.MemoryReport { WorkerId = "w", HeartbeatMs = 1, ResidentBytes = ulong.MaxValue }),
        ("M", new Wire.MemoryReport { WorkerId = "w", HeartbeatMs = 1, Sequence = ulong.MaxValue }),
        ("M", new Wire.MemoryReport { WorkerId = "w", HeartbeatMs = 1, JobsInFlight = uint.MaxValue }),
        ("M", new Wire.MemoryReport { WorkerId = "w", HeartbeatMs = 1, Places = uint.MaxValue }),
        ("U", new Wire.WorkerUnreachable { WorkerId = new string('w', 129) }),
        ("U", new Wire.WorkerUnreachable { WorkerId = "a/b/c" }),
        ("U", new Wire.WorkerUnreachable { WorkerId = "default/w" }),
        ("J", new Wire.Job { Attempt = 1, Message = new Wire.Payload() }),
        ("J", new Wire.Job { Attempt = 1, Id = new Wire.JobId() }),
        ("J", new Wire.Job { Attempt = 0, Id = new Wire.JobId(), Message = new Wire.Payload() }),
        ("J", new Wire.Job { Attempt = uint.MaxValue, Id = new Wire.JobId(), Message = new Wire.Payload() }),
        ("JP", new Wire.JobProgress { Attempt = 1, Id = new Wire.JobId() }),
        ("JP", new Wire.JobProgress { Attempt = 1, Progress = new Wire.Payload() }),
        ("JP", new Wire.JobProgress { Id = new Wire.JobId(), Progress = new Wire.Payload() }),
        ("J", new Wire.Job { Attempt = 1, Id = new Wire.JobId(), Message = new Wire.Payload(), ReplyBytesMax = (1u << 30) + 1 }),
        ("JS", new Wire.ReplyPiece { Attempt = 1, Number = 1, Id = new Wire.JobId() }),
        ("JS", new Wire.ReplyPiece { Attempt = 1, Number = 1, Piece = new Wire.Payload() }),
        ("JS", new Wire.ReplyPiece { Attempt = 1, Id = new Wire.JobId(), Piece = new Wire.Payload() }),
        ("JS", new Wire.ReplyPiece { Attempt = 1, Number = ulong.MaxValue, Id = new Wire.JobId(), Piece = new Wire.Payload() }),
        ("JS", new Wire.ReplyPiece { Attempt = 1, Number = 1, Id = new Wire.JobId(), Piece = new Wire.Payload(), Length = uint.MaxValue }),
        ("JT", new Wire.TakeReply { Attempt = 1, Id = new Wire.JobId() }),
        ("JT", new Wire.TakeReply { Attempt = 1, UpTo = ulong.MaxValue, Id = new Wire.JobId() }),
        ("JD", new Wire.JobDone { Attempt = 1, Id = new Wire.JobId(), End = new Wire.ReplyEnd { Pieces = ulong.MaxValue } }),
        ("JC", new Wire.CancelJob { Attempt = 1 }),
        ("JC", new Wire.CancelJob { Id = new Wire.JobId() }),
        ("JC", new Wire.CancelJob { Attempt = uint.MaxValue, Id = new Wire.JobId() }),
        ("JD", new Wire.JobDone { Attempt = 1, Id = new Wire.JobId() }),
        ("JF", new Wire.JobFailed { Attempt = 1 }),
        ("JR", new Wire.JobRejected { Id = new Wire.JobId() }),
        ("R", new Wire.Register { TtlMs = 1 }),
        ("R", new Wire.Register { Worker = Record() }),
        ("R", Register(r => r.Capacity = 0)),
        ("R", Register(r => r.Zone = "a/b")),
        ("R", Register(r => r.Capacity = uint.MaxValue)),
        ("R", Register(r => r.HeartbeatMs = 0)),
        ("R", Register(r => r.Path = "")),
        ("R", Register(r => r.Path = new string('p', 1025))),
        ("R", Register(r => r.Version = new string('v', 129))),
        ("RU", new Wire.UpdateRegistration()),
        ("WS", new Wire.WatcherState { Revision = ulong.MaxValue }),
        ("WS", new Wire.WatcherState { ProofAgeMs = ulong.MaxValue }),
        ("WS", new Wire.WatcherState { MemberCount = uint.MaxValue }),
        ("WS", new Wire.WatcherState { Registry = new string('r', 1025) }),
        ("GE", new Wire.GetBalancerEvents { Count = 501 }),
        ("GE", new Wire.GetBalancerEvents { After = ulong.MaxValue }),
        ("ES", new Wire.BalancerEvents { BegunMs = ulong.MaxValue }),
        ("ES", new Wire.BalancerEvents { Latest = ulong.MaxValue }),
        ("ES", new Wire.BalancerEvents { Events = { Enumerable.Repeat(new Wire.BalancerEvent(), 501) } }),
        ("ES", new Wire.BalancerEvents { Events = { new Wire.BalancerEvent { Number = ulong.MaxValue } } }),
        ("ES", new Wire.BalancerEvents { Events = { new Wire.BalancerEvent { AtMs = ulong.MaxValue } } }),
        ("GB", new Wire.GetBalancerState { Count = 501 }),
        ("GB", new Wire.GetBalancerState { From = uint.MaxValue }),
        ("BS", new Wire.BalancerState { Members = { Enumerable.Repeat(new Wire.MemberState { WorkerId = "w" }, 501) } }),
        ("BS", new Wire.BalancerState { Members = { new Wire.MemberState { WorkerId = "" } } }),
        ("BS", new Wire.BalancerState { Members = { new Wire.MemberState { WorkerId = "w", ResidentBytes = ulong.MaxValue } } }),
        ("BS", Details(new Wire.MemberDetails { Version = new string('v', 129) })),
        ("GD", new Wire.GetDecisions { Count = 0 }),
        ("GD", new Wire.GetDecisions { Count = 51 }),
        ("GD", new Wire.GetDecisions { Count = 1, Client = ulong.MaxValue }),
        ("DS", new Wire.Decisions { Made = { Enumerable.Repeat(new Wire.Decision(), 51) } }),
        ("DS", new Wire.Decisions { Waiting = { Enumerable.Repeat(new Wire.HeldRequest(), 51) } }),
        ("DS", new Wire.Decisions { Made = { new Wire.Decision { Service = "a/b" } } }),
        ("DS", new Wire.Decisions { Made = { new Wire.Decision { AgeUs = ulong.MaxValue } } }),
        ("DS", new Wire.Decisions { Made = { new Wire.Decision { Picked = new Wire.CandidateSight { WorkerId = "a//b" } } } }),
        ("DS", new Wire.Decisions { Made = { new Wire.Decision { Picked = new Wire.CandidateSight { WorkerId = "a", InFlight = double.NaN } } } }),
        ("DS", new Wire.Decisions
        {
            Made = { new Wire.Decision { Others = { Enumerable.Repeat(new Wire.CandidateSight { WorkerId = "a" }, 5) } } },
        }),
        ("A", new Wire.Assign { Count = 1, Job = ulong.MaxValue }),
        ("A", new Wire.Assign { Count = 2, Job = long.MaxValue, Finished = new Wire.Finished { Client = 1 } }),
        ("F", new Wire.Finished { Client = 1, Picks = { new Wire.EndedPick { Job = ulong.MaxValue } } }),
        ("BS", Details(new Wire.MemberDetails { JobsLeft = uint.MaxValue })),
        ("BS", Details(new Wire.MemberDetails { Capacity = uint.MaxValue })),
        ("BS", Details(new Wire.MemberDetails { LimitBytes = ulong.MaxValue })),
        ("BS", Details(new Wire.MemberDetails { Assignments = ulong.MaxValue })),
        ("BS", Details(new Wire.MemberDetails { ReportAgeMs = ulong.MaxValue })),
        ("BS", Details(new Wire.MemberDetails { AnswerUs = ulong.MaxValue })),
        ("BS", Details(new Wire.MemberDetails { Trouble = Wire.PickEnd.Failed, TroubleAgeMs = ulong.MaxValue })),
        ("GB", new Wire.GetBalancerState { Service = "a b" }),
        ("BS", new Wire.BalancerState { Services = { Enumerable.Repeat("s", 101) } }),
        ("BS", new Wire.BalancerState { Services = { "a/b" } }),
        ("BS", new Wire.BalancerState { Policy = new string('p', 1025) }),
    ];

    private static Wire.BalancerState Details(Wire.MemberDetails details) =>
        new() { Members = { new Wire.MemberState { WorkerId = "w", Details = details } } };

    private static Wire.Assigned Picks(params uint[] picks)
    {
        var assigned = Assigned(Samples.GatePath);
        assigned.Picks.Add(picks);
        return assigned;
    }

    private static readonly IAkkaLbMessage[] Unsendable =
    [
        new Assign(1, 0, [], null, TimeSpan.Zero),
        new Assign(1, -1, [], null, TimeSpan.Zero),
        new Assign(1, 1001, [], null, TimeSpan.Zero),
        new Assign(1, 1, new WorkerKey[65], null, TimeSpan.Zero),
        new Assign(1, 1, [], null, TimeSpan.Zero, Service: "a/b"),
        new Assign(1, 1, [], null, TimeSpan.Zero, Zone: "a/b"),
        new Assigned(1, [], "round-robin"),
        new MemoryReport(new WorkerKey("w", 1), 1, TimeSpan.FromSeconds(1), -1, 0, 0, default, 0),
        new MemoryReport(new WorkerKey("w", 1), 1, TimeSpan.FromSeconds(1), 0, 0, 0, new JobCounts(1, -1), 0),
        new MemoryReport(new WorkerKey("w", 1), 1, TimeSpan.FromSeconds(1), 0, 0, 0, default, 0, Places: -1),
        new JobRejected(default, 0, JobRejectReason.Draining),
        new CancelJob(default, 0),
        new ReplyPiece(default, 1, 0, new Payload(1, "", default)),
        new ReplyPiece(default, 1, 1, new Payload(1, "", default), -1),
        new TakeReply(default, 1, 0),
        new Job(default, 1, default, true, new Payload(1, "", default), ReplyBytesMax: -1),
        new JobDone(default, 1, Payload.None, default, new ReplyEnd(-1, 0)),
        new Job(default, 1, default, true, new Payload(1, "", default), Trace: new JobTrace("")),
        new JobProgress(default, 0, new Payload(1, "", default)),
        new GetBalancerEvents(0, 501),
        new GetBalancerEvents(-1, 1),
        new BalancerEvents(default, 0, []),
        new GetBalancerState(0, 501),
        new GetBalancerState(0, -1),
        new GetBalancerState(-1, 1),
        new BalancerState("b", "p", "", 0, 501, 0, [.. Enumerable.Repeat(new MemberState(new WorkerKey("w", 1), WorkerState.Up, true, null), 501)]),
        new JobFailed(default, 1, JobFailureReason.Crash, "T", "x") with { Attempt = -5 },
        new Assigned(1, [new AssignedWorker(new WorkerKey(null!, 1), Samples.GatePath)], "round-robin"),
    ];

    [Fact]
    public void A_trace_that_is_too_long_is_left_out_and_its_job_is_read()
    {
        var job = new Wire.Job { Attempt = 1, Id = new Wire.JobId(), Message = new Wire.Payload(), TraceParent = new string('0', 56) };
        Assert.Null(((Job)system.Read(job.ToByteArray(), "J")).Trace);
        (job.TraceParent, job.TraceState) = ("00", new string('0', 513));
        Assert.Equal(new JobTrace("00"), ((Job)system.Read(job.ToByteArray(), "J")).Trace);
    }

    [Fact]
    public void A_field_out_of_range_is_refused() => Assert.All(OutOfRange, x =>
        Assert.Throws<SerializationException>(() => system.Read(x.Wire.ToByteArray(), x.Manifest)));

    [Fact]
    public void What_no_receiver_would_accept_is_refused_at_the_sender() => Assert.All(Unsendable, message =>
        Assert.Contains(message.GetType().Name, Assert.Throws<SerializationException>(() => system.Write(message)).Message,
        StringComparison.Ordinal));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("A ")]
    [InlineData("AkkaLb.Messages.Assign, AkkaLb.Messages")]
    [InlineData("System.Diagnostics.Process, System.Diagnostics.Process")]
    public void An_unknown_manifest_is_refused(string manifest) =>
        Assert.Throws<UnknownMessageException>(() => system.Read([], manifest));

    private static Wire.Assigned Assigned(string path) => new() { Workers = { new Wire.AssignedWorker { WorkerId = "w", Path = path } } };

    private static Wire.WorkerRecord Record() => new() { WorkerId = "w", Path = Samples.GatePath, Capacity = 1, HeartbeatMs = 1 };

    private static Wire.Register Register(Action<Wire.WorkerRecord> change)
    {
        var record = Record();
        change(record);
        return new Wire.Register { Worker = record, TtlMs = 1 };
    }
}
