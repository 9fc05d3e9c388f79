namespace AkkaLb.Simulation.Checks;

/// <summary>Bugs that are put in on purpose, to see that the world finds them. Each is a wrong copy of one rule, see <see cref="Nodes"/>.</summary>
internal enum Planted
{
    Nothing,

    /// <summary>Safety: a client retries a job of unknown outcome though it may run only once.</summary>
    RetryIgnoresIdempotence,

    /// <summary>Safety: a balancer takes memory reports of an earlier incarnation for those of the present one.</summary>
    StaleReportAccepted,

    /// <summary>Safety: a worker that was removed stays assignable.</summary>
    RemovedMemberAssignable,

    /// <summary>Liveness: a gate that was silent is never used again.</summary>
    QuarantineForEver,

    /// <summary>Safety: jobs on a lost connection are judged before their dead letters can come.</summary>
    RulingBeforeTheDeadLetters,

    /// <summary>Liveness: a worker renews a lease that it has lost, and does not register again.</summary>
    LeaseRenewedAfterItWasLost,

    /// <summary>Liveness: now and then a gate forgets to answer a job that was finished.</summary>
    FinishedJobForgottenByTheGate,

    /// <summary>Safety: a balancer keeps reports of workers that never registered for ever.</summary>
    EarlyReportNeverDropped,

    /// <summary>Liveness: after a loss a client asks the balancer that it has lost, again and again.</summary>
    FailOverAsksTheDeadBalancerFirst,

    /// <summary>Safety: a balancer that has lost the deciding lease answers until it hears of it.</summary>
    AnswersAfterItsLease,

    /// <summary>Safety: a worker puts its entry back over another process's.</summary>
    EntryPutBackOverAStrangers,
}
