namespace AkkaLb.Core;

/// <summary>Marks the messages that nodes send each other; the serialization binding hangs on it.</summary>
public interface IAkkaLbMessage;

/// <summary>Asks a balancer for workers.</summary>
/// <param name="RequestId">Chosen by the client; comes back in the answer.</param>
/// <param name="Count">How many picks, one after another ("ahead"): 1 to <see cref="CountMax"/>. Of a client that tells when they end it is as many
/// questions in one, at most <see cref="QuestionsMax"/>: see <see cref="Each"/>.</param>
/// <param name="LeaveOut">Workers not to pick: at most <see cref="LeaveOutMax"/>. Another incarnation of the same id is another worker.</param>
/// <param name="Key">What the jobs belong to: 1 to <see cref="KeyLengthMax"/> characters. Policies that go by the key send jobs of one key to one
/// worker as long as it has room. Null: none.</param>
/// <param name="Remaining">How long the client still waits.</param>
/// <param name="Weight">The load that a pick is expected to be, in ordinary jobs: 1 to <see cref="WeightMax"/>.</param>
/// <param name="Finished">What has ended since the client told last. Null: the client does not tell, and nobody waits for it. Of a client that tells,
/// the picks have the numbers <paramref name="RequestId"/>, <paramref name="RequestId"/> + 1 and so on.</param>
/// <param name="Service">Of which the workers are to be.</param>
/// <param name="Priority">Where it waits for a free place: those of a higher one go first.</param>
/// <param name="Zone">Where the client is, so that workers there are preferred; empty: it does not tell.</param>
/// <param name="TakesBatches">Whether the client understands several messages in one; false from a version that does not.</param>
/// <param name="AheadSince">Above 0: the picks are for jobs that may come. It does not wait, its one answer may name fewer than
/// <paramref name="Count"/>, and the client tells ends. Picks that it has got ahead and that have smaller numbers are in use, or have ended.</param>
/// <param name="Job">The number of the client's job that it is for, of several questions in one that of the first, and those of the others follow it;
/// 0: it does not tell.</param>
public sealed record Assign(
    long RequestId, int Count, IReadOnlyList<WorkerKey> LeaveOut, string? Key, TimeSpan Remaining, int Weight = 1, Finished? Finished = null,
    string Service = WorkerService.Default, JobPriority Priority = JobPriority.Normal, string Zone = "", bool TakesBatches = false,
    long AheadSince = 0, long Job = 0)
    : IAkkaLbMessage
{
    public const int CountMax = 1000;
    public const int LeaveOutMax = 64;
    public const int WeightMax = 1000;
    public const int KeyLengthMax = 1024;

    /// <summary>So many questions one message stands for at most.</summary>
    public const int QuestionsMax = 64;

    /// <summary>So many picks one client has at most that were given ahead and that no job uses.</summary>
    public const int AheadMax = 16;

    /// <summary>The questions that it stands for. Each is answered by itself, waits by itself and is given up by itself, but an
    /// <see cref="Assigned"/> may answer several in a row.</summary>
    public IEnumerable<Assign> Each() => Finished is null || Count == 1
        ? [this]
        : Enumerable.Range(0, Count).Select(i => this with
        {
            RequestId = RequestId + i, Count = 1, Finished = i == 0 ? Finished : Finished with { Picks = [] },
            Job = Job == 0 ? 0 : Job + i,
        });
}

/// <summary>An answer to <see cref="Assign"/> that is not the last: the request waits at the balancer until a place is free.</summary>
/// <remarks>Only for clients that tell when their picks end. One that does not want to wait any longer tells that the pick has ended.</remarks>
/// <param name="Again">The next word comes within this time; then the balancer may be taken for gone.</param>
public sealed record AssignHeld(long RequestId, TimeSpan Again) : IAkkaLbMessage;

/// <summary>A client tells a balancer which of its picks have ended. It rides on the next <see cref="Assign"/>, or goes alone soon after. Without
/// any pick it says that the client is still there.</summary>
/// <param name="Client">Drawn by the client: above zero, no other has it.</param>
/// <param name="Since">All picks with smaller numbers have ended too, as far as this balancer is concerned: the client has told so, in a word that
/// may have been lost, or it had lost this balancer.</param>
/// <param name="Picks">At most <see cref="PicksMax"/>. One that the balancer does not know changes nothing.</param>
public sealed record Finished(long Client, long Since, IReadOnlyList<EndedPick> Picks) : IAkkaLbMessage
{
    public const int PicksMax = 500;
}

/// <summary>The end of a pick.</summary>
/// <param name="Pick">Its number.</param>
/// <param name="Took">From the sending of the job to its end, as the client saw it; zero when it was not sent.</param>
/// <param name="Counts">The worker's, as its answer told them; default when it told nothing.</param>
/// <param name="Job">The number of the client's job that it was used for; 0: none, or it does not tell.</param>
public readonly record struct EndedPick(long Pick, PickEnd How, TimeSpan Took, JobCounts Counts, long Job = 0)
{
    /// <summary>Whether it says how well the worker works.</summary>
    public bool IsOfTheWorker => How is not (PickEnd.Unused or PickEnd.Cancelled);
}

/// <summary>How a pick ended.</summary>
public enum PickEnd
{
    /// <summary>No job went to the worker, or it never arrived there, or its end says nothing of the worker.</summary>
    Unused,

    /// <summary>The worker answered.</summary>
    Done,

    /// <summary>The worker had the job and it failed.</summary>
    Failed,

    /// <summary>The worker did not start it.</summary>
    Rejected,

    /// <summary>The client does not know what became of it: the worker was lost, or the job's deadline has passed.</summary>
    Unknown,

    /// <summary>The worker had the job, and its caller cancelled it, which says nothing of the worker.</summary>
    Cancelled,
}

/// <summary>A worker's count of its jobs at one moment.</summary>
/// <param name="Accepted">How many it has accepted in its life; 0 from a version that does not tell.</param>
/// <param name="InFlight">How many of them it has not answered yet.</param>
public readonly record struct JobCounts(long Accepted, int InFlight)
{
    /// <summary>How many it has answered in its life.</summary>
    public long Finished => Accepted - InFlight;

    /// <summary>Rises with whatever happens: of two counts of one life the larger one is the newer one.</summary>
    public long Order => Accepted + Finished;
}

/// <summary>A worker that a balancer picked. It may be gone by the time the answer arrives.</summary>
/// <param name="Gate">The serialized path of the worker's gate, complete with address and uid:
/// <c>akka.tcp://AkkaLb@host:port/user/worker#1234</c>.</param>
/// <param name="TakesCancel">Whether the worker understands <see cref="CancelJob"/>; false from a version that does not.</param>
/// <param name="TakesBatches">Whether the worker understands several messages in one; false from a version that does not.</param>
public sealed record AssignedWorker(WorkerKey Worker, string Gate, bool TakesCancel = false, bool TakesBatches = false)
{
    /// <summary>The address in the path, as connection events spell it: <c>akka.tcp://AkkaLb@host:port</c>.</summary>
    public string Address { get; } = GatePath.SystemIn(Gate);
}

/// <summary>The answer to <see cref="Assign"/>: picks in the order in which to use them, a worker as often as it was picked.</summary>
/// <param name="Workers">At least one. Fewer than were asked for when more would not fit a frame: ask again for the rest. To a client that tells when
/// its picks end they answer the questions <paramref name="RequestId"/>, <paramref name="RequestId"/> + 1 and so on, and the others get other
/// answers.</param>
/// <param name="Term">Under which lease a balancer that decides alone gave this answer; a later holder's is larger. 0: it decides beside
/// others.</param>
/// <param name="Revision">The registry's revision of the last change in membership that the answer knows of; 0 from a version that does not
/// tell.</param>
/// <param name="TakesFinished">Whether this balancer understands <see cref="Finished"/>; false from a version that does not.</param>
/// <param name="TellAtOnce">Whether the end of a pick is to be told at once: somebody may wait for its place.</param>
/// <param name="TakesBatches">Whether this balancer understands several messages in one, several questions in one, and questions ahead; false from a
/// version that does not.</param>
public sealed record Assigned(
    long RequestId, IReadOnlyList<AssignedWorker> Workers, string Policy, long Term = 0, long Revision = 0, bool TakesFinished = false,
    bool TellAtOnce = false, bool TakesBatches = false) : IAkkaLbMessage;

/// <summary>The answer to <see cref="Assign"/> when nobody can be named.</summary>
/// <param name="Sentence">The reason in words, for people.</param>
/// <param name="RetryAfter">A hint when another try may do better.</param>
public sealed record AssignRejected(long RequestId, AssignRejectReason Reason, string Sentence, TimeSpan RetryAfter) : IAkkaLbMessage;

/// <summary>A worker's own measure of its memory, sent with every heartbeat.</summary>
/// <param name="Sequence">Rises with each report of one incarnation; an older one never replaces a newer.</param>
/// <param name="Heartbeat">The interval in which reports come: the report is fresh for three of these.</param>
/// <param name="ResidentBytes">What the operating system says the process has in memory.</param>
/// <param name="GcHeapBytes">The managed heap.</param>
/// <param name="LimitBytes">What the process may use: its cgroup's limit, or the machine's memory.</param>
/// <param name="Jobs">Its jobs at that moment.</param>
/// <param name="UnixTimeMs">The worker's wall clock, informational: nobody decides on it.</param>
/// <param name="Places">How many jobs it can run at full speed, as it has found; 0: it does not tell, and what it has registered counts.</param>
/// <param name="Uptime">Since the worker was started, by its own monotonic clock; null from a version that does not tell. Informational: nobody
/// decides on it.</param>
public sealed record MemoryReport(
    WorkerKey Worker,
    long Sequence,
    TimeSpan Heartbeat,
    long ResidentBytes,
    long GcHeapBytes,
    long LimitBytes,
    JobCounts Jobs,
    long UnixTimeMs,
    int Places = 0,
    TimeSpan? Uptime = null) : IAkkaLbMessage;

/// <summary>A client tells the balancer what it saw of a worker. The balancer notes it; it removes nobody for others.</summary>
public sealed record WorkerUnreachable(WorkerKey Worker, string Seen) : IAkkaLbMessage;

/// <summary>Between the nodes of a cluster of balancers: which of you decides? Only the one that may, at this moment, answers.</summary>
public sealed record WhoDecides : IAkkaLbMessage
{
    public static WhoDecides Instance { get; } = new();
}

/// <summary>Answer to <see cref="WhoDecides"/>, from the balancer that decides.</summary>
/// <param name="Term">As in <see cref="Assigned"/>.</param>
public sealed record Decides(long Term) : IAkkaLbMessage;

/// <summary>A user's message as bytes, with what is needed to read it: nested in jobs and their replies.</summary>
public sealed record Payload(int SerializerId, string Manifest, ReadOnlyMemory<byte> Data)
{
    /// <summary>Stands where there is no message.</summary>
    public static Payload None { get; } = new(0, "", default);
}

/// <summary>The trace that a job belongs to, as W3C's Trace Context writes it.</summary>
/// <param name="Parent">The <c>traceparent</c>: at most <see cref="ParentLengthMax"/> characters.</param>
/// <param name="State">The <c>tracestate</c>: at most <see cref="StateLengthMax"/> characters; empty: none.</param>
public sealed record JobTrace(string Parent, string State = "")
{
    /// <summary>In characters: the length of version 00.</summary>
    public const int ParentLengthMax = 55;

    /// <summary>In characters: what every participant has to pass on.</summary>
    public const int StateLengthMax = 512;
}

/// <summary>One try at a job, sent to a worker's gate.</summary>
/// <param name="Attempt">1 for the first try that is sent.</param>
/// <param name="Remaining">How long the client still waits; deadlines travel as remaining time because clocks differ.</param>
/// <param name="Idempotent">Whether it may run twice.</param>
/// <param name="Waited">How long it has been waiting since its caller submitted it; zero from a version that does not tell. Jobs that have waited
/// longer go first.</param>
/// <param name="WantsProgress">Whether <see cref="JobProgress"/> may be sent; false from a version that does not know it.</param>
/// <param name="ReplyBytesMax">How large a reply may be that comes as <see cref="ReplyPiece"/>s: 0 to <see cref="ReplyBytesCeiling"/>. 0, also from a
/// version that knows no pieces: it has to fit into a <see cref="JobDone"/>.</param>
/// <param name="WantsStream">Whether the reply may be any number of messages.</param>
/// <param name="Trace">Null: it belongs to none.</param>
/// <param name="TakesBatches">Whether the client understands several messages in one; false from a version that does not.</param>
public sealed record Job(
    JobId Id, int Attempt, TimeSpan Remaining, bool Idempotent, Payload Message, TimeSpan Waited = default, bool WantsProgress = false,
    int ReplyBytesMax = 0, bool WantsStream = false, JobTrace? Trace = null, bool TakesBatches = false)
    : IAkkaLbMessage
{
    /// <summary>Bound of <see cref="ReplyBytesMax"/>: 1 GiB.</summary>
    public const int ReplyBytesCeiling = 1 << 30;
}

/// <summary>The job's caller does not want it any more. Best effort: nobody answers, and a try that the worker does not hold is no matter.</summary>
/// <remarks>One that waits is not started. One that runs is told, and keeps its place until the worker's actor has answered.</remarks>
/// <param name="Attempt">As in its <see cref="Job"/>.</param>
public sealed record CancelJob(JobId Id, int Attempt) : IAkkaLbMessage;

/// <summary>How far a job is that runs, in a message of the user's. Best effort: some are left out, and nobody answers.</summary>
public sealed record JobProgress(JobId Id, int Attempt, Payload Progress) : IAkkaLbMessage;

/// <summary>A piece of a job's reply: of one message that is too large for a <see cref="JobDone"/>, or a message of a stream. It is sent only as far
/// as the client has said that it takes more.</summary>
/// <param name="Number">From 1, without a gap.</param>
/// <param name="Piece">In a stream a message. Else bytes of the one message; its serializer and manifest come with the first.</param>
/// <param name="Length">Of the one message, in bytes: with its first piece, above zero. 0: a further piece, or a message of a stream.</param>
public sealed record ReplyPiece(JobId Id, int Attempt, long Number, Payload Piece, int Length = 0) : IAkkaLbMessage;

/// <summary>The client takes more of a reply. It says so again every 5 s: one that is silent for 30 s is gone.</summary>
/// <param name="UpTo">How much all pieces may cost together before the last of them: see <see cref="ReplyTally"/>. It never falls.</param>
public sealed record TakeReply(JobId Id, int Attempt, long UpTo) : IAkkaLbMessage;

/// <summary>What a reply in pieces has been, for the client to compare.</summary>
/// <param name="Pieces">How many; 0: a stream without messages.</param>
/// <param name="Hash">XXH3 of the bytes of all of them, one after another.</param>
public readonly record struct ReplyEnd(long Pieces, ulong Hash);

/// <summary>The job's result.</summary>
/// <param name="Reply"><see cref="Payload.None"/> when it came in pieces.</param>
/// <param name="Counts">The worker's jobs after this one has ended; default from a version that does not tell.</param>
/// <param name="End">Of a reply in pieces; null: it is here.</param>
public sealed record JobDone(JobId Id, int Attempt, Payload Reply, JobCounts Counts = default, ReplyEnd? End = null) : IAkkaLbMessage;

/// <summary>The job reached the worker and has no result.</summary>
/// <param name="ExceptionType">Full type name of what went wrong there; text only, nobody instantiates it.</param>
/// <param name="Counts">As in <see cref="JobDone"/>.</param>
public sealed record JobFailed(
    JobId Id, int Attempt, JobFailureReason Reason, string ExceptionType, string Text, JobCounts Counts = default) : IAkkaLbMessage;

/// <summary>The job was not started and may be sent elsewhere.</summary>
/// <param name="Text">The reason in words, for people. It is cut to <see cref="TextLengthMax"/> characters; empty from a version that does not
/// tell.</param>
/// <param name="RetryAfter">A hint when another try at the same worker may do better. Zero: there is none.</param>
/// <param name="Counts">As in <see cref="JobDone"/>.</param>
public sealed record JobRejected(
    JobId Id, int Attempt, JobRejectReason Reason, string Text = "", TimeSpan RetryAfter = default, JobCounts Counts = default) : IAkkaLbMessage
{
    public const int TextLengthMax = 500;
}
