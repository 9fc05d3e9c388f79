namespace AkkaLb.Core;

/// <summary>Whether a registered worker takes new jobs.</summary>
public enum WorkerState
{
    /// <summary>Takes jobs.</summary>
    Up,

    /// <summary>Takes nothing new. Without a reason it finishes what it runs and leaves the registry soon; with one it cannot work for the
    /// moment.</summary>
    Draining,
}

/// <summary>What a worker says of itself in the registry.</summary>
/// <param name="Id">The operator's name for it, behind the name of its service unless that is the default one; see
/// <see cref="WorkerIds"/>.</param>
/// <param name="Incarnation">One life of the process: a random positive 63-bit number. Equal or not equal, no order.</param>
/// <param name="Path">The gate's serialized actor path, with address and <c>#uid</c>.</param>
/// <param name="State">Up or draining.</param>
/// <param name="Capacity">How many jobs it accepts at once; at least 1.</param>
/// <param name="HeartbeatMs">Interval of its memory reports in milliseconds; at least 1.</param>
/// <param name="Version">Version of the program, for people to read.</param>
/// <param name="Reason">Why it takes no jobs though it is registered, for people to read. Empty normally. It is written as one line and
/// cut to <see cref="ReasonLengthMax"/> characters.</param>
/// <param name="Places">How many jobs it works on side by side, 1 to capacity; 0 from a version that does not tell: as many as the capacity.</param>
/// <param name="Speed">How fast one of its places works, in percent of an ordinary worker's: 1 to <see cref="SpeedMax"/>.</param>
/// <param name="Zone">Where it is, a name by the rule of <see cref="IsZone"/>; empty: it does not tell.</param>
/// <param name="TakesCancel">Whether it understands <see cref="CancelJob"/>; false from a version that does not.</param>
/// <param name="TakesBatches">Whether it understands several messages in one; false from a version that does not.</param>
public sealed record WorkerRecord(
    string Id,
    long Incarnation,
    string Path,
    WorkerState State,
    int Capacity,
    int HeartbeatMs,
    string Version,
    string Reason = "",
    int Places = 0,
    int Speed = WorkerRecord.OrdinarySpeed,
    string Zone = "",
    bool TakesCancel = false,
    bool TakesBatches = false)
{
    public const int ReasonLengthMax = 300;
    public const int OrdinarySpeed = 100;
    public const int SpeedMax = 100_000;

    /// <summary>Whether this is empty, or a name by the rule of services' names.</summary>
    public static bool IsZone(string zone) => zone is "" || WorkerService.IsValid(zone);
}

/// <summary>A worker as the registry holds it.</summary>
/// <param name="Worker">What the worker said of itself.</param>
/// <param name="RegistrationOrder">Rises with each new registration; in etcd the key's create revision.</param>
public sealed record Member(WorkerRecord Worker, long RegistrationOrder);
