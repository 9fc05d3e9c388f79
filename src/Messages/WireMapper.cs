using System.Collections.Concurrent;
using System.Runtime.Serialization;
using System.Text.Unicode;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Words;
using Google.Protobuf;

namespace AkkaLb.Messages;

/// <summary>Between the protocol's records and their protobuf form. Reading checks every range: these bytes come from the network.</summary>
/// <remarks>Thread-safe. It remembers which paths of gates it has read: a balancer names the same few workers in every answer, and parsing their
/// paths took longer than all the rest of it.</remarks>
internal sealed class WireMapper
{
    /// <summary>Bound of the paths remembered; when it is reached all are forgotten.</summary>
    private const int GatesMax = 4096;

    /// <summary>Bound of every duration on the wire: 100 days.</summary>
    private const ulong DurationMsMax = 100UL * 24 * 3600 * 1000;

    /// <summary>Bound of paths, keys and names, in characters: longer ones are refused.</summary>
    private const int NameLengthMax = 1024;

    /// <summary>Bound of a version, in characters.</summary>
    private const int VersionLengthMax = 128;

    /// <summary>Bound of texts for people, in bytes: longer ones are cut. Two of them fit into the smallest frame that Akka allows, 32,000
    /// bytes.</summary>
    private const int TextBytesMax = 8192;

    private readonly ConcurrentDictionary<string, string> _gates = new(StringComparer.Ordinal);

    public static IMessage ToWire(IAkkaLbMessage message) => message switch
    {
        Assign m => ToWire(m),
        Assigned m => ToWire(m),
        AssignRejected m => new Wire.AssignRejected
        {
            RequestId = (ulong)m.RequestId, Reason = ToWire(m.Reason), Sentence = Text(m.Sentence), RetryAfterMs = Ms(m.RetryAfter),
        },
        MemoryReport m => ToWire(m),
        WorkerUnreachable m => new Wire.WorkerUnreachable { WorkerId = Sendable(m.Worker.Id), Incarnation = (ulong)m.Worker.Incarnation,
            Seen = Text(m.Seen) },
        WhoDecides => new Wire.WhoDecides(),
        Decides m => new Wire.Decides { Term = checked((ulong)m.Term) },
        Job m => new Wire.Job
        {
            Id = ToWire(m.Id),
            Attempt = ToAttempt(m.Attempt),
            RemainingMs = Ms(m.Remaining),
            Idempotent = m.Idempotent,
            Message = ToWire(m.Message),
            WaitedMs = Ms(m.Waited),
        },
        JobDone m => new Wire.JobDone { Id = ToWire(m.Id), Attempt = ToAttempt(m.Attempt), Reply = ToWire(m.Reply) },
        JobFailed m => new Wire.JobFailed
        {
            Id = ToWire(m.Id), Attempt = ToAttempt(m.Attempt), Reason = ToWire(m.Reason), ExceptionType = Text(m.ExceptionType), Text = Text(m.Text),
        },
        JobRejected m => new Wire.JobRejected
        {
            Id = ToWire(m.Id),
            Attempt = ToAttempt(m.Attempt),
            Reason = ToWire(m.Reason),
            Text = Text(m.Text, JobRejected.TextLengthMax),
            RetryAfterMs = Ms(m.RetryAfter),
        },
        Register m => new Wire.Register { Worker = ToWire(m.Worker), TtlMs = Ms(m.Ttl), LeaseId = (ulong)m.LeaseId },
        Registered m => new Wire.Registered { LeaseId = (ulong)m.LeaseId, TtlMs = Ms(m.Ttl) },
        RegisterRefused m => new Wire.RegisterRefused { HolderIncarnation = (ulong)m.HolderIncarnation, Text = Text(m.Text) },
        KeepAlive m => new Wire.KeepAlive { LeaseId = (ulong)m.LeaseId },
        KeptAlive m => new Wire.KeptAlive { LeaseId = (ulong)m.LeaseId, TtlMs = Ms(m.Ttl) },
        UpdateRegistration m => new Wire.UpdateRegistration { LeaseId = (ulong)m.LeaseId, Worker = ToWire(m.Worker) },
        RegistrationUpdated m => new Wire.RegistrationUpdated { LeaseId = (ulong)m.LeaseId, Written = m.Written },
        Deregister m => new Wire.Deregister { LeaseId = (ulong)m.LeaseId },
        Deregistered m => new Wire.Deregistered { LeaseId = (ulong)m.LeaseId },
        GetWatcherState => new Wire.GetWatcherState(),
        WatcherState m => ToWire(m),
        GetBalancerState m => ToWire(m),
        BalancerState m => ToWire(m),
        WordsJob m => new Wire.WordsJob { Text = UnsafeByteOperations.UnsafeWrap(m.Text), PaceMs = Ms32(m.Pace) },
        WordsResult m => new Wire.WordsResult
        {
            Words = checked((ulong)m.Summary.Words), StartsInWord = m.Summary.StartsInWord, EndsInWord = m.Summary.EndsInWord,
            HasSpace = m.Summary.HasSpace,
        },
        SpinJob m => new Wire.SpinJob { Ms = Ms32(m.Duration) },
        PrimesJob m => new Wire.PrimesJob { Below = checked((uint)m.Below) },
        SleepJob m => new Wire.SleepJob { Ms = Ms32(m.Duration) },
        HoldJob m => new Wire.HoldJob { Mebibytes = checked((uint)m.Mebibytes), Ms = Ms32(m.Duration) },
        NumberResult m => new Wire.NumberResult { Value = m.Value },
        _ => throw new SerializationException($"{message.GetType()} is not a message of AkkaLb"),
    };

    public IAkkaLbMessage FromWire(string manifest, byte[] bytes) => manifest switch
    {
        "A" => FromWire(Wire.Assign.Parser.ParseFrom(bytes)),
        "AD" => FromWire(Wire.Assigned.Parser.ParseFrom(bytes)),
        "AR" => FromWire(Wire.AssignRejected.Parser.ParseFrom(bytes)),
        "M" => FromWire(Wire.MemoryReport.Parser.ParseFrom(bytes)),
        "U" => FromWire(Wire.WorkerUnreachable.Parser.ParseFrom(bytes)),
        "Q" => FromWire(Wire.WhoDecides.Parser.ParseFrom(bytes)),
        "QD" => new Decides(checked((long)Wire.Decides.Parser.ParseFrom(bytes).Term)),
        "J" => FromWire(Wire.Job.Parser.ParseFrom(bytes)),
        "JD" => FromWire(Wire.JobDone.Parser.ParseFrom(bytes)),
        "JF" => FromWire(Wire.JobFailed.Parser.ParseFrom(bytes)),
        "JR" => FromWire(Wire.JobRejected.Parser.ParseFrom(bytes)),
        "R" => FromWire(Wire.Register.Parser.ParseFrom(bytes)),
        "RD" => FromWire(Wire.Registered.Parser.ParseFrom(bytes)),
        "RR" => FromWire(Wire.RegisterRefused.Parser.ParseFrom(bytes)),
        "K" => new KeepAlive((long)Wire.KeepAlive.Parser.ParseFrom(bytes).LeaseId),
        "KD" => FromWire(Wire.KeptAlive.Parser.ParseFrom(bytes)),
        "RU" => FromWire(Wire.UpdateRegistration.Parser.ParseFrom(bytes)),
        "RUD" => FromWire(Wire.RegistrationUpdated.Parser.ParseFrom(bytes)),
        "D" => new Deregister((long)Wire.Deregister.Parser.ParseFrom(bytes).LeaseId),
        "DD" => new Deregistered((long)Wire.Deregistered.Parser.ParseFrom(bytes).LeaseId),
        "GW" => FromWire(Wire.GetWatcherState.Parser.ParseFrom(bytes)),
        "WS" => FromWire(Wire.WatcherState.Parser.ParseFrom(bytes)),
        "GB" => FromWire(Wire.GetBalancerState.Parser.ParseFrom(bytes)),
        "BS" => FromWire(Wire.BalancerState.Parser.ParseFrom(bytes)),
        "w" => FromWire(Wire.WordsJob.Parser.ParseFrom(bytes)),
        "wd" => FromWire(Wire.WordsResult.Parser.ParseFrom(bytes)),
        "spin" => new SpinJob(Duration(Wire.SpinJob.Parser.ParseFrom(bytes).Ms)),
        "primes" => new PrimesJob(checked((int)Wire.PrimesJob.Parser.ParseFrom(bytes).Below)),
        "sleep" => new SleepJob(Duration(Wire.SleepJob.Parser.ParseFrom(bytes).Ms)),
        "hold" => FromWire(Wire.HoldJob.Parser.ParseFrom(bytes)),
        "n" => new NumberResult(Wire.NumberResult.Parser.ParseFrom(bytes).Value),
        _ => throw new UnknownMessageException($"unknown manifest \"{manifest}\""),
    };

    // ---- client and balancer

    private static Wire.Assign ToWire(Assign m)
    {
        Check(m.Count is >= 1 and <= Assign.CountMax, "count");
        Check(m.LeaveOut.Count <= Assign.LeaveOutMax, "leave_out");
        Check(m.Key is null or { Length: <= NameLengthMax }, "key");
        var wire = new Wire.Assign { RequestId = (ulong)m.RequestId, Count = (uint)m.Count, Key = m.Key ?? "", RemainingMs = Ms(m.Remaining) };
        foreach (var key in m.LeaveOut)
        {
            wire.LeaveOut.Add(new Wire.WorkerKey { WorkerId = Sendable(key.Id), Incarnation = (ulong)key.Incarnation });
        }

        return wire;
    }

    private static Assign FromWire(Wire.Assign m)
    {
        Check(m.Count is >= 1 and <= Assign.CountMax, "count");
        Check(m.LeaveOut.Count <= Assign.LeaveOutMax, "leave_out");
        Check(m.Key.Length <= NameLengthMax, "key");
        var leaveOut = m.LeaveOut.Count == 0 ? [] : new WorkerKey[m.LeaveOut.Count];
        for (var i = 0; i < leaveOut.Length; i++)
        {
            leaveOut[i] = Key(m.LeaveOut[i].WorkerId, m.LeaveOut[i].Incarnation);
        }

        return new Assign((long)m.RequestId, (int)m.Count, leaveOut, m.Key.Length == 0 ? null : m.Key, Duration(m.RemainingMs));
    }

    private static Wire.Assigned ToWire(Assigned m)
    {
        Check(m.Workers.Count is >= 1 and <= Assign.CountMax, "workers");
        var wire = new Wire.Assigned
        {
            RequestId = (ulong)m.RequestId, Policy = Text(m.Policy, NameLengthMax), Term = checked((ulong)m.Term),
            Revision = checked((ulong)m.Revision),
        };
        if (m.Workers.Count == 1)
        {
            wire.Workers.Add(ToWire(m.Workers[0]));
            return wire;
        }

        // Each worker once. Where none comes twice, the picks are the workers in their order: so wrote, and so reads, who knows no picks.
        var places = new Dictionary<AssignedWorker, uint>();
        var picks = new uint[m.Workers.Count];
        for (var i = 0; i < picks.Length; i++)
        {
            var w = m.Workers[i];
            if (!places.TryGetValue(w, out picks[i]))
            {
                picks[i] = (uint)places.Count;
                places.Add(w, picks[i]);
                wire.Workers.Add(ToWire(w));
            }
        }

        if (places.Count < picks.Length)
        {
            wire.Picks.Add(picks);
        }

        return wire;
    }

    private static Wire.AssignedWorker ToWire(AssignedWorker w) => new()
    {
        WorkerId = Sendable(w.Worker.Id),
        Incarnation = (ulong)w.Worker.Incarnation,
        Path = Sendable(w.Gate, w.Gate.Length is > 0 and <= NameLengthMax, "path"),
    };

    private Assigned FromWire(Wire.Assigned m)
    {
        Check(m.Workers.Count is >= 1 and <= Assign.CountMax, "workers");
        Check(m.Policy.Length <= NameLengthMax, "policy");
        Check(m.Picks.Count <= Assign.CountMax, "picks");
        var workers = new AssignedWorker[m.Workers.Count];
        for (var i = 0; i < workers.Length; i++)
        {
            var w = m.Workers[i];
            workers[i] = new AssignedWorker(Key(w.WorkerId, w.Incarnation), Gate(w.Path));
        }

        if (m.Picks.Count > 0)
        {
            var picked = new AssignedWorker[m.Picks.Count];
            for (var i = 0; i < picked.Length; i++)
            {
                Check(m.Picks[i] < workers.Length, "picks");
                picked[i] = workers[m.Picks[i]];
            }

            workers = picked;
        }

        return new Assigned((long)m.RequestId, workers, m.Policy, checked((long)m.Term), checked((long)m.Revision));
    }

    private static WhoDecides FromWire(Wire.WhoDecides m)
    {
        _ = m;
        return WhoDecides.Instance;
    }

    /// <summary>A gate's path is complete: from one without a uid, or no path at all, Akka makes a reference that can be neither told nor
    /// watched.</summary>
    private string Gate(string path)
    {
        if (_gates.TryGetValue(path, out var known))
        {
            return known;
        }

        Check(
            path.Length <= NameLengthMax && ActorPath.TryParse(path, out var parsed) && parsed.Uid != ActorCell.UndefinedUid,
            "path");
        if (_gates.Count >= GatesMax)
        {
            _gates.Clear();
        }

        return _gates.GetOrAdd(path, path);
    }

    private static AssignRejected FromWire(Wire.AssignRejected m) =>
        new((long)m.RequestId, FromWire(m.Reason), Text(m.Sentence), Duration(m.RetryAfterMs));

    private static WorkerUnreachable FromWire(Wire.WorkerUnreachable m) => new(Key(m.WorkerId, m.Incarnation), Text(m.Seen));

    // ---- worker and balancer

    private static Wire.MemoryReport ToWire(MemoryReport m) => new()
    {
        WorkerId = Sendable(m.Worker.Id),
        Incarnation = (ulong)m.Worker.Incarnation,
        Sequence = checked((ulong)m.Sequence),
        HeartbeatMs = Ms32(m.Heartbeat),
        ResidentBytes = checked((ulong)m.ResidentBytes),
        GcHeapBytes = checked((ulong)m.GcHeapBytes),
        LimitBytes = checked((ulong)m.LimitBytes),
        JobsInFlight = checked((uint)m.JobsInFlight),
        UnixTimeMs = m.UnixTimeMs,
    };

    private static MemoryReport FromWire(Wire.MemoryReport m)
    {
        Check(m.HeartbeatMs >= 1, "heartbeat_ms");
        return new MemoryReport(
            Key(m.WorkerId, m.Incarnation),
            checked((long)m.Sequence),
            Duration(m.HeartbeatMs),
            checked((long)m.ResidentBytes),
            checked((long)m.GcHeapBytes),
            checked((long)m.LimitBytes),
            checked((int)m.JobsInFlight),
            m.UnixTimeMs);
    }

    private static Wire.WorkerRecord ToWire(WorkerRecord m) => new()
    {
        WorkerId = Sendable(m.Id),
        Incarnation = (ulong)m.Incarnation,
        Path = Sendable(m.Path, m.Path.Length is > 0 and <= NameLengthMax, "path"),
        State = ToWire(m.State),
        Capacity = checked((uint)m.Capacity),
        HeartbeatMs = checked((uint)m.HeartbeatMs),
        Version = Sendable(m.Version, m.Version.Length <= VersionLengthMax, "version"),
        Reason = OneLine.Of(m.Reason, WorkerRecord.ReasonLengthMax),
    };

    private static WorkerRecord FromWire(Wire.WorkerRecord? m)
    {
        Check(m is not null, "worker");
        Check(m!.Path.Length is > 0 and <= NameLengthMax, "path");
        Check(m.Capacity is >= 1 and <= int.MaxValue, "capacity");
        Check(m.HeartbeatMs is >= 1 and <= int.MaxValue, "heartbeat_ms");
        Check(m.Version.Length <= VersionLengthMax, "version");
        var key = Key(m.WorkerId, m.Incarnation);
        return new WorkerRecord(
            key.Id,
            key.Incarnation,
            m.Path,
            FromWire(m.State),
            (int)m.Capacity,
            (int)m.HeartbeatMs,
            m.Version,
            OneLine.Of(m.Reason, WorkerRecord.ReasonLengthMax));
    }

    private static Wire.WorkerState ToWire(WorkerState state) => state switch
    {
        WorkerState.Up => Wire.WorkerState.Up,
        WorkerState.Draining => Wire.WorkerState.Draining,
    };

    /// <summary>A state of a later version is none that takes jobs as we know it.</summary>
    private static WorkerState FromWire(Wire.WorkerState state) => state == Wire.WorkerState.Up ? WorkerState.Up : WorkerState.Draining;

    private static Register FromWire(Wire.Register m)
    {
        Check(m.TtlMs >= 1, "ttl_ms");
        return new Register(FromWire(m.Worker), Duration(m.TtlMs), (long)m.LeaseId);
    }

    private static RegisterRefused FromWire(Wire.RegisterRefused m) => new((long)m.HolderIncarnation, Text(m.Text));

    private static Registered FromWire(Wire.Registered m) => new((long)m.LeaseId, Duration(m.TtlMs));

    private static KeptAlive FromWire(Wire.KeptAlive m) => new((long)m.LeaseId, Duration(m.TtlMs));

    private static UpdateRegistration FromWire(Wire.UpdateRegistration m) => new((long)m.LeaseId, FromWire(m.Worker));

    private static RegistrationUpdated FromWire(Wire.RegistrationUpdated m) => new((long)m.LeaseId, m.Written);

    // ---- anyone and balancer: the state

    private static GetWatcherState FromWire(Wire.GetWatcherState _) => GetWatcherState.Instance;

    private static Wire.WatcherState ToWire(WatcherState m)
    {
        var wire = new Wire.WatcherState
        {
            Registry = Text(m.Registry, NameLengthMax),
            Connected = m.IsConnected,
            Revision = checked((ulong)m.Revision),
            Resyncs = checked((ulong)m.Resyncs),
            Disconnects = checked((ulong)m.Disconnects),
            LastProblem = Text(m.LastProblem),
            MemberCount = checked((uint)m.MemberCount),
        };
        if (m.ProofAge is { } age)
        {
            wire.ProofAgeMs = Ms(age);
        }

        return wire;
    }

    private static WatcherState FromWire(Wire.WatcherState m)
    {
        Check(m.Registry.Length <= NameLengthMax, "registry");
        return new WatcherState(
            m.Registry,
            m.Connected,
            checked((long)m.Revision),
            m.HasProofAgeMs ? Duration(m.ProofAgeMs) : null,
            checked((long)m.Resyncs),
            checked((long)m.Disconnects),
            Text(m.LastProblem),
            checked((int)m.MemberCount));
    }

    private static Wire.GetBalancerState ToWire(GetBalancerState m)
    {
        Check(m.Count is >= 0 and <= GetBalancerState.CountMax, "count");
        return new Wire.GetBalancerState { From = checked((uint)m.From), Count = (uint)m.Count };
    }

    private static GetBalancerState FromWire(Wire.GetBalancerState m)
    {
        Check(m.Count <= GetBalancerState.CountMax, "count");
        return new GetBalancerState(checked((int)m.From), (int)m.Count);
    }

    private static Wire.BalancerState ToWire(BalancerState m)
    {
        Check(m.Members.Count <= GetBalancerState.CountMax, "members");
        var wire = new Wire.BalancerState
        {
            Id = Text(m.Id, NameLengthMax),
            Policy = Text(m.Policy, NameLengthMax),
            Rejection = Text(m.Rejection),
            Version = checked((ulong)m.Version),
            MemberCount = checked((uint)m.MemberCount),
            From = checked((uint)m.From),
        };
        foreach (var member in m.Members)
        {
            var wireMember = new Wire.MemberState
            {
                WorkerId = Sendable(member.Worker.Id),
                Incarnation = (ulong)member.Worker.Incarnation,
                State = ToWire(member.State),
                Eligible = member.IsEligible,
                Reason = OneLine.Of(member.Reason, WorkerRecord.ReasonLengthMax),
            };
            if (member.ResidentBytes is { } bytes)
            {
                wireMember.ResidentBytes = checked((ulong)bytes);
            }

            wire.Members.Add(wireMember);
        }

        return wire;
    }

    private static BalancerState FromWire(Wire.BalancerState m)
    {
        Check(m.Id.Length <= NameLengthMax, "id");
        Check(m.Policy.Length <= NameLengthMax, "policy");
        Check(m.Members.Count <= GetBalancerState.CountMax, "members");
        return new BalancerState(
            m.Id,
            m.Policy,
            Text(m.Rejection),
            checked((long)m.Version),
            checked((int)m.MemberCount),
            checked((int)m.From),
            [.. m.Members.Select(member => new MemberState(
                Key(member.WorkerId, member.Incarnation),
                FromWire(member.State),
                member.Eligible,
                member.HasResidentBytes ? checked((long)member.ResidentBytes) : null,
                OneLine.Of(member.Reason, WorkerRecord.ReasonLengthMax)))]);
    }

    // ---- client and worker

    private static Wire.JobId ToWire(JobId m) => new() { Client = (ulong)m.Client, Sequence = (ulong)m.Sequence };

    private static JobId FromWire(Wire.JobId? m)
    {
        Check(m is not null, "id");
        return new JobId((long)m!.Client, (long)m.Sequence);
    }

    private static Wire.Payload ToWire(Payload m) =>
        new() { SerializerId = m.SerializerId, Manifest = m.Manifest, Data = UnsafeByteOperations.UnsafeWrap(m.Data) };

    private static Payload FromWire(Wire.Payload? m)
    {
        Check(m is not null, "payload");
        return new Payload(m!.SerializerId, m.Manifest, m.Data.Memory);
    }

    private static Job FromWire(Wire.Job m) => new(
        FromWire(m.Id), Attempt(m.Attempt), Duration(m.RemainingMs), m.Idempotent, FromWire(m.Message), Duration(m.WaitedMs));

    private static JobDone FromWire(Wire.JobDone m) => new(FromWire(m.Id), Attempt(m.Attempt), FromWire(m.Reply));

    private static JobFailed FromWire(Wire.JobFailed m) =>
        new(FromWire(m.Id), Attempt(m.Attempt), FromWire(m.Reason), Text(m.ExceptionType), Text(m.Text));

    private static JobRejected FromWire(Wire.JobRejected m) => new(
        FromWire(m.Id), Attempt(m.Attempt), FromWire(m.Reason), Text(m.Text, JobRejected.TextLengthMax), Duration(m.RetryAfterMs));

    // ---- built-in jobs

    private static WordsJob FromWire(Wire.WordsJob m) => new(m.Text.Memory, Duration(m.PaceMs));

    private static WordsResult FromWire(Wire.WordsResult m) =>
        new(new WordSummary(checked((long)m.Words), m.StartsInWord, m.EndsInWord, m.HasSpace));

    private static HoldJob FromWire(Wire.HoldJob m) => new(checked((int)m.Mebibytes), Duration(m.Ms));

    // ---- reasons: one of a later version is read as the one that makes the same difference to the receiver

    private static Wire.AssignRejectReason ToWire(AssignRejectReason reason) => reason switch
    {
        AssignRejectReason.NoWorkers => Wire.AssignRejectReason.NoWorkers,
        AssignRejectReason.NoMemoryReports => Wire.AssignRejectReason.NoMemoryReports,
        AssignRejectReason.AllExcluded => Wire.AssignRejectReason.AllExcluded,
        AssignRejectReason.NotReady => Wire.AssignRejectReason.NotReady,
        AssignRejectReason.Stopping => Wire.AssignRejectReason.Stopping,
    };

    private static AssignRejectReason FromWire(Wire.AssignRejectReason reason) => reason switch
    {
        Wire.AssignRejectReason.NoWorkers => AssignRejectReason.NoWorkers,
        Wire.AssignRejectReason.NoMemoryReports => AssignRejectReason.NoMemoryReports,
        Wire.AssignRejectReason.AllExcluded => AssignRejectReason.AllExcluded,
        Wire.AssignRejectReason.Stopping => AssignRejectReason.Stopping,
        _ => AssignRejectReason.NotReady,
    };

    private static Wire.JobFailureReason ToWire(JobFailureReason reason) => reason switch
    {
        JobFailureReason.Failure => Wire.JobFailureReason.Failure,
        JobFailureReason.Crash => Wire.JobFailureReason.Crash,
        JobFailureReason.DeadlineExceeded => Wire.JobFailureReason.DeadlineExceeded,
        JobFailureReason.UnreadableMessage => Wire.JobFailureReason.UnreadableMessage,
        JobFailureReason.UnsendableReply => Wire.JobFailureReason.UnsendableReply,
        JobFailureReason.Drained => Wire.JobFailureReason.Drained,
    };

    private static JobFailureReason FromWire(Wire.JobFailureReason reason) => reason switch
    {
        Wire.JobFailureReason.Crash => JobFailureReason.Crash,
        Wire.JobFailureReason.DeadlineExceeded => JobFailureReason.DeadlineExceeded,
        Wire.JobFailureReason.UnreadableMessage => JobFailureReason.UnreadableMessage,
        Wire.JobFailureReason.UnsendableReply => JobFailureReason.UnsendableReply,
        Wire.JobFailureReason.Drained => JobFailureReason.Drained,
        _ => JobFailureReason.Failure,
    };

    private static Wire.JobRejectReason ToWire(JobRejectReason reason) => reason switch
    {
        JobRejectReason.Draining => Wire.JobRejectReason.Draining,
        JobRejectReason.OverCapacity => Wire.JobRejectReason.OverCapacity,
        JobRejectReason.DeadlinePassed => Wire.JobRejectReason.DeadlinePassed,
        JobRejectReason.Unable => Wire.JobRejectReason.Unable,
        JobRejectReason.NotHere => Wire.JobRejectReason.NotHere,
        JobRejectReason.Unreadable => Wire.JobRejectReason.Unreadable,
        JobRejectReason.Unhandled => Wire.JobRejectReason.Unhandled,
    };

    private static JobRejectReason FromWire(Wire.JobRejectReason reason) => reason switch
    {
        Wire.JobRejectReason.Draining => JobRejectReason.Draining,
        Wire.JobRejectReason.OverCapacity => JobRejectReason.OverCapacity,
        Wire.JobRejectReason.DeadlinePassed => JobRejectReason.DeadlinePassed,
        Wire.JobRejectReason.NotHere => JobRejectReason.NotHere,
        Wire.JobRejectReason.Unreadable => JobRejectReason.Unreadable,
        Wire.JobRejectReason.Unhandled => JobRejectReason.Unhandled,
        _ => JobRejectReason.Unable,
    };

    // ---- fields

    private static WorkerKey Key(string id, ulong incarnation)
    {
        Check(WorkerIds.IsValid(id), "worker_id");
        return new WorkerKey(id, (long)incarnation);
    }

    private static int Attempt(uint attempt)
    {
        Check(attempt is >= 1 and <= int.MaxValue, "attempt");
        return (int)attempt;
    }

    /// <summary>Whole milliseconds, rounded up: a remaining time above zero must not arrive as zero.</summary>
    private static ulong Ms(TimeSpan time) => time <= TimeSpan.Zero ? 0 : Math.Min(DurationMsMax, (ulong)Math.Ceiling(time.TotalMilliseconds));

    /// <summary>For fields of 32 bits, which end at 49 days: a longer time is cut, not wrapped around.</summary>
    private static uint Ms32(TimeSpan time) => (uint)Math.Min(uint.MaxValue, Ms(time));

    private static uint ToAttempt(int attempt)
    {
        Check(attempt >= 1, "attempt");
        return (uint)attempt;
    }

    /// <summary>Cut, because an exception's text of a megabyte would make a message that no frame holds, and the other side would wait in
    /// vain.</summary>
    private static string Text(string text, int lengthMax = TextBytesMax)
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

    private static string Sendable(string workerId) => Sendable(workerId, WorkerIds.IsValid(workerId), "worker_id");

    private static string Sendable(string text, bool holds, string field)
    {
        Check(holds, field);
        return text;
    }

    private static TimeSpan Duration(ulong ms)
    {
        Check(ms <= DurationMsMax, "duration");
        return TimeSpan.FromMilliseconds((long)ms);
    }

    private static void Check(bool holds, string field)
    {
        if (!holds)
        {
            throw new FormatException($"field {field} is out of range");
        }
    }
}
