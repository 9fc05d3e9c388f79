using System.Collections.Frozen;
using AkkaLb.Core;
using AkkaLb.Core.Machines;

namespace AkkaLb.Messages;

/// <summary>States, reasons and priorities. One of a later version is read as the one that makes the same difference to the receiver.</summary>
internal static class WireReasons
{
    private static readonly FrozenDictionary<Wire.WorkerState, WorkerState> WorkerStates = Inverse<WorkerState, Wire.WorkerState>(ToWire);
    private static readonly FrozenDictionary<Wire.AssignRejectReason, AssignRejectReason> AssignRejectReasons =
        Inverse<AssignRejectReason, Wire.AssignRejectReason>(ToWire);
    private static readonly FrozenDictionary<Wire.JobFailureReason, JobFailureReason> JobFailureReasons =
        Inverse<JobFailureReason, Wire.JobFailureReason>(ToWire);
    private static readonly FrozenDictionary<Wire.JobRejectReason, JobRejectReason> JobRejectReasons =
        Inverse<JobRejectReason, Wire.JobRejectReason>(ToWire);

    private static readonly FrozenDictionary<Wire.JobPriority, JobPriority> JobPriorities = Inverse<JobPriority, Wire.JobPriority>(ToWire);
    private static readonly FrozenDictionary<Wire.PickEnd, PickEnd> PickEnds = Inverse<PickEnd, Wire.PickEnd>(ToWire);

    private static readonly FrozenDictionary<Wire.NoteLevel, NoteLevel> NoteLevels = Inverse<NoteLevel, Wire.NoteLevel>(ToWire);

    private static readonly FrozenDictionary<Wire.WorkerCondition, WorkerCondition> WorkerConditions =
        Inverse<WorkerCondition, Wire.WorkerCondition>(ToWire);

    private static readonly FrozenDictionary<Wire.AdminState, AdminState> AdminStates = Inverse<AdminState, Wire.AdminState>(ToWire);

    public static Wire.WorkerCondition ToWire(this WorkerCondition condition) => condition switch
    {
        WorkerCondition.Up => Wire.WorkerCondition.Up,
        WorkerCondition.Unable => Wire.WorkerCondition.Unable,
        WorkerCondition.Draining => Wire.WorkerCondition.Draining,
        WorkerCondition.Ejected => Wire.WorkerCondition.Ejected,
        WorkerCondition.AboveMemory => Wire.WorkerCondition.AboveMemory,
        WorkerCondition.NoReport => Wire.WorkerCondition.NoReport,
        WorkerCondition.Full => Wire.WorkerCondition.Full,
        WorkerCondition.SlowStart => Wire.WorkerCondition.SlowStart,
        WorkerCondition.Maintenance => Wire.WorkerCondition.Maintenance,
    };

    public static Wire.AdminState ToWire(this AdminState state) => state switch
    {
        AdminState.Ready => Wire.AdminState.Ready,
        AdminState.Drain => Wire.AdminState.Drain,
        AdminState.Maintenance => Wire.AdminState.Maintenance,
    };

    /// <summary>A state of a later version is more likely one without jobs.</summary>
    public static AdminState FromWire(this Wire.AdminState read) => AdminStates.GetValueOrDefault(read, AdminState.Drain);

    /// <returns>Null for one of a later version.</returns>
    public static WorkerCondition? FromWire(this Wire.WorkerCondition read) =>
        WorkerConditions.TryGetValue(read, out var condition) ? condition : null;

    public static Wire.NoteLevel ToWire(this NoteLevel level) => level switch
    {
        NoteLevel.Info => Wire.NoteLevel.Info,
        NoteLevel.Warning => Wire.NoteLevel.Warning,
        NoteLevel.Error => Wire.NoteLevel.Error,
    };

    /// <summary>Somebody should look at one of a later version.</summary>
    public static NoteLevel FromWire(this Wire.NoteLevel read) => NoteLevels.GetValueOrDefault(read, NoteLevel.Error);

    public static Wire.JobPriority ToWire(this JobPriority priority) => priority switch
    {
        JobPriority.Low => Wire.JobPriority.Low,
        JobPriority.Normal => Wire.JobPriority.Normal,
        JobPriority.High => Wire.JobPriority.High,
    };

    public static JobPriority FromWire(this Wire.JobPriority read) => JobPriorities.GetValueOrDefault(read, JobPriority.Normal);

    public static Wire.PickEnd ToWire(this PickEnd how) => how switch
    {
        PickEnd.Unused => Wire.PickEnd.Unused,
        PickEnd.Done => Wire.PickEnd.Done,
        PickEnd.Failed => Wire.PickEnd.Failed,
        PickEnd.Rejected => Wire.PickEnd.Rejected,
        PickEnd.Unknown => Wire.PickEnd.Unknown,
        PickEnd.Cancelled => Wire.PickEnd.Cancelled,
    };

    public static PickEnd FromWire(this Wire.PickEnd read) => PickEnds.GetValueOrDefault(read, PickEnd.Unknown);

    public static Wire.WorkerState ToWire(this WorkerState state) => state switch
    {
        WorkerState.Up => Wire.WorkerState.Up,
        WorkerState.Draining => Wire.WorkerState.Draining,
    };

    /// <summary>A state of a later version is none that takes jobs as we know it.</summary>
    public static WorkerState FromWire(this Wire.WorkerState read) => WorkerStates.GetValueOrDefault(read, WorkerState.Draining);

    public static Wire.AssignRejectReason ToWire(this AssignRejectReason reason) => reason switch
    {
        AssignRejectReason.NoWorkers => Wire.AssignRejectReason.NoWorkers,
        AssignRejectReason.NoMemoryReports => Wire.AssignRejectReason.NoMemoryReports,
        AssignRejectReason.AllExcluded => Wire.AssignRejectReason.AllExcluded,
        AssignRejectReason.NotReady => Wire.AssignRejectReason.NotReady,
        AssignRejectReason.Stopping => Wire.AssignRejectReason.Stopping,
        AssignRejectReason.NoCapacity => Wire.AssignRejectReason.NoCapacity,
    };

    public static AssignRejectReason FromWire(this Wire.AssignRejectReason read) =>
        AssignRejectReasons.GetValueOrDefault(read, AssignRejectReason.NotReady);

    public static Wire.JobFailureReason ToWire(this JobFailureReason reason) => reason switch
    {
        JobFailureReason.Failure => Wire.JobFailureReason.Failure,
        JobFailureReason.Crash => Wire.JobFailureReason.Crash,
        JobFailureReason.DeadlineExceeded => Wire.JobFailureReason.DeadlineExceeded,
        JobFailureReason.UnreadableMessage => Wire.JobFailureReason.UnreadableMessage,
        JobFailureReason.UnsendableReply => Wire.JobFailureReason.UnsendableReply,
        JobFailureReason.Drained => Wire.JobFailureReason.Drained,
    };

    public static JobFailureReason FromWire(this Wire.JobFailureReason read) => JobFailureReasons.GetValueOrDefault(read, JobFailureReason.Failure);

    public static Wire.JobRejectReason ToWire(this JobRejectReason reason) => reason switch
    {
        JobRejectReason.Draining => Wire.JobRejectReason.Draining,
        JobRejectReason.OverCapacity => Wire.JobRejectReason.OverCapacity,
        JobRejectReason.DeadlinePassed => Wire.JobRejectReason.DeadlinePassed,
        JobRejectReason.Unable => Wire.JobRejectReason.Unable,
        JobRejectReason.NotHere => Wire.JobRejectReason.NotHere,
        JobRejectReason.Unreadable => Wire.JobRejectReason.Unreadable,
        JobRejectReason.Unhandled => Wire.JobRejectReason.Unhandled,
    };

    public static JobRejectReason FromWire(this Wire.JobRejectReason read) => JobRejectReasons.GetValueOrDefault(read, JobRejectReason.Unable);

    private static FrozenDictionary<TWire, T> Inverse<T, TWire>(Func<T, TWire> toWire)
        where T : struct, Enum
        where TWire : notnull => Enum.GetValues<T>().ToFrozenDictionary(toWire);
}
