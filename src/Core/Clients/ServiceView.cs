namespace AkkaLb.Core.Clients;

/// <summary>What a client knows of one service: which of its jobs wait for a place there, and which workers it does not want now.</summary>
/// <param name="name">Of the service.</param>
/// <param name="settings">Of the client.</param>
/// <param name="random">For jitter.</param>
internal sealed class ServiceView(string name, ClientSettings settings, Random random)
{
    public string Name => name;

    /// <summary>Jobs of it that have not ended.</summary>
    public int JobCount { get; set; }

    /// <summary>Jobs that found no free place.</summary>
    public WaitingJobs Waiting { get; } = new(random);

    /// <summary>Jobs that have waited, and are being asked for again.</summary>
    public HashSet<PendingJob> Called { get; } = [];

    /// <summary>Workers that were lost a moment ago.</summary>
    public LeftOutWorkers LeftOut { get; } = new(settings.LeaveOutFor);

    /// <summary>How many more jobs may wait for the answer to the question ahead: counted down where they are looked for.</summary>
    public int Riders { get; set; }

    /// <summary>Picks for jobs that may come.</summary>
    public PicksAhead Ahead { get; } = new(settings.PicksAheadMax);

    /// <summary>Somebody may have room whom we do not know as full: each waiting job that is given a worker calls the next one.</summary>
    public bool IsLookingForRoom { get; set; }

    /// <summary>Places that became free while nobody waited but those that were called: at most one for each of these.</summary>
    public int UnusedPlaces { get; set; }

    /// <summary>No job of it waits here for a place.</summary>
    public bool WaitsForNobody => Waiting.IsEmpty && Called.Count == 0;

    /// <summary>Nothing is remembered of any job.</summary>
    public bool IsEmpty => JobCount + Called.Count == 0 && Waiting.IsEmpty && Ahead.IsEmpty;
}
