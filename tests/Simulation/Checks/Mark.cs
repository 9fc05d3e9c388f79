namespace AkkaLb.Simulation.Checks;

/// <summary>Situations that a suite of runs must have met: one that was never reached is a rule that was never tried.</summary>
internal enum Mark
{
    // The network.
    DialFailed,
    DeadLetterBehindClosedGate,
    KilledBehindACut,
    SentToTheDeadBeforeTheEvent,
    ConnectionEndedBySilence,
    AnotherProcessAtTheSameAddressDials,
    MessageForAnEarlierProcess,
    FrozenAndThawed,
    FrozenLongerThanItsLease,

    // The registry.
    AnswerOfEtcdLost,
    EtcdAway,
    EtcdWiped,
    EtcdRestored,
    IdInUse,
    RegisteredAgainWhileTheOldLeaseLived,
    RenewalFoundTheLeaseGone,
    RenewedJustBeforeTheEnd,
    LeaseRanOut,
    EntryPutBack,
    EntryWrittenOver,
    WatchBegun,
    WatchResumed,
    WatchResumedBehindChanges,
    WatchResynced,

    // Balancers.
    AssignedWhileEtcdWasAway,
    AssignedAWorkerThatIsDead,
    AssignedInItsZone,
    AssignedBeyondItsZone,
    MembersKeptThoughTheRegistryLostThem,
    ReportAheadOfItsRegistration,
    ReportOfAnEarlierIncarnation,
    RejectedNoWorkers,
    RejectedNoMemoryReports,
    RejectedAllExcluded,
    RejectedNotReady,
    RejectedStopping,
    RejectedNoCapacity,
    RequestHeld,
    HeldRequestAssigned,
    HeldRequestRejected,
    HeldRequestForgotten,
    ConnectionOfAHeldRequestLost,
    HigherPriorityOvertook,
    WorkerCalledUnreachable,
    DeciderChanged,
    DeciderChangedWithJobsOpen,
    PassedOnToTheDecider,
    RejectedNobodyDecides,

    // Workers.
    RegisteredForTheFirstTime,
    RegisteredAgain,
    WorkerGaveUp,
    WorkerLeftInOrder,
    DrainGaveUpJobs,
    JobOfANamedService,
    WorkerAboveItsMemory,
    WorkerEjected,
    AdaptiveLimitChanged,
    JobQueued,
    JobRejectedOverCapacity,
    JobRejectedDraining,
    JobRejectedDeadlinePassed,
    JobRejectedUnable,
    JobRejectedUnreadable,
    JobRejectedUnhandled,
    JobRejectedNotHere,
    JobReturnedToTheQueue,
    JobCancelledWhileItWaited,
    JobCancelledWhileItRan,
    InstanceStoppedAtTheDeadline,
    InstanceCrashedOnAJob,
    InstanceCrashedWithoutAJob,
    WorkerUnable,
    WorkerAbleAgain,
    AnswerAfterTheClientGaveUp,

    // Clients.
    BalancerFoundFirst,
    BalancerFoundAgain,
    BalancerLost,
    BalancerChangedWithJobsPending,
    AssignUnanswered,
    GateAsked,
    GateHeardAgain,
    DeadLetterOfAJob,
    DeadLetterAfterTheRuling,
    DoneAtOnce,
    DoneAfterRetries,
    Picked,
    EndedNoBalancer,
    EndedNoWorker,
    EndedNotStarted,
    EndedUnsupported,
    EndedDeadlineExceeded,
    EndedWorkerLost,
    EndedRetriesExhausted,
    EndedWorkerFailed,
    EndedTooManyJobs,
    EndedClosed,
    EndedCancelled,

    /// <summary>Questions of one turn went as one.</summary>
    QuestionsJoined,

    /// <summary>A job went to its worker without a question.</summary>
    PickUsedAhead,
}

/// <summary>How often each mark was reached.</summary>
internal sealed class Marks
{
    private readonly long[] _counts = new long[Enum.GetValues<Mark>().Length];

    public long this[Mark mark] => _counts[(int)mark];

    public IEnumerable<Mark> Missing => Enum.GetValues<Mark>().Where(m => this[m] == 0);

    public void Reach(Mark mark) => _counts[(int)mark]++;

    public void Add(Marks other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }
}
