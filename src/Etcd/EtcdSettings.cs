namespace AkkaLb.Etcd;

/// <summary>How to reach etcd, and how patient to be with it.</summary>
/// <param name="Endpoints">The members of one cluster, at least one; see <see cref="EtcdEndpoints.TryParse"/>.</param>
public sealed record EtcdSettings(IReadOnlyList<EtcdEndpoint> Endpoints)
{
    /// <summary>Shortest delay between pings that etcd tolerates by a margin: below 5 s it closes the connection.</summary>
    private static readonly TimeSpan PingDelayMin = TimeSpan.FromSeconds(6);

    /// <summary>Where our keys begin: <c>/</c>, then printable ASCII without blanks, no <c>/</c> at the end. Default <c>/akkalb</c>.</summary>
    public string Prefix { get; init; } = "/akkalb";

    /// <summary>Whom to believe to be etcd and who we are, where the endpoints say <c>https</c>. Default null: what this machine trusts, no
    /// certificate.</summary>
    public EtcdTls? Tls { get; init; }

    /// <summary>The user of etcd's own authentication. Default null: none; with a client certificate etcd then takes its common name.</summary>
    public EtcdCredentials? Credentials { get; init; }

    /// <summary>Whether the endpoints speak TLS: all do or none.</summary>
    public bool IsTls => Endpoints.Count > 0 && Endpoints[0].IsTls;

    /// <summary>Deadline of one request, also for connecting. Default 2 s, above zero.</summary>
    /// <remarks>Longer rides out a leader election (1 to 2 s) inside one call; shorter gives up and retries sooner.</remarks>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>First delay before a broken watch is opened again. Default 100 ms, above zero.</summary>
    public TimeSpan ReconnectDelayMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest such delay, before jitter. Default 2 s, at least <see cref="ReconnectDelayMin"/>.</summary>
    public TimeSpan ReconnectDelayMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a watch asks etcd whether it is still there. Default 5 s, above zero.</summary>
    public TimeSpan LivenessInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many such questions in a row must fail before the watch counts as lost. Default 2, at least 1.</summary>
    public int LivenessFailuresMax { get; init; } = 2;

    /// <summary>How often a quiet watch compares all it knows with a fresh read. Default 60 s, at least <see cref="LivenessInterval"/>.</summary>
    /// <remarks>Heals events that etcd itself lost (several releases before 3.4.31 and 3.5.13 can). A read of 1,000 workers takes etcd a few
    /// ms.</remarks>
    public TimeSpan ResyncInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence after which an open connection is pinged. Default 10 s, at least 6 s: etcd punishes anything below 5 s.</summary>
    public TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a ping may stay unanswered before the connection counts as broken. Default 3 s, at least 1 s.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Everything that is wrong with these settings, one sentence each; empty when they can be used.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        Check(Endpoints.Count > 0, "no etcd endpoint is given");
        Check(Endpoints.All(e => e.IsTls == IsTls), "etcd endpoints with and without TLS cannot be mixed");
        Check(Tls is null || IsTls, "a CA or a certificate for etcd is given, but its endpoints say http: write https://host:port");
        Check(EtcdKeyRange.IsValidPrefix(Prefix), $"prefix '{Prefix}' must start with '/', not end with it, and hold printable ASCII without blanks");
        Check(RequestTimeout > TimeSpan.Zero, $"request timeout {RequestTimeout} must be above zero");
        Check(ReconnectDelayMin > TimeSpan.Zero, $"reconnect delay {ReconnectDelayMin} must be above zero");
        Check(ReconnectDelayMax >= ReconnectDelayMin,
            $"longest reconnect delay {ReconnectDelayMax} must not be below the first, {ReconnectDelayMin}");
        Check(LivenessInterval > TimeSpan.Zero, $"liveness interval {LivenessInterval} must be above zero");
        Check(LivenessFailuresMax >= 1, $"liveness failures {LivenessFailuresMax} must be at least 1");
        Check(ResyncInterval >= LivenessInterval, $"resync interval {ResyncInterval} must not be below the liveness interval, {LivenessInterval}");
        Check(PingDelay >= PingDelayMin, $"ping delay {PingDelay} must be at least {PingDelayMin}");
        Check(PingTimeout >= TimeSpan.FromSeconds(1), $"ping timeout {PingTimeout} must be at least 1 s");
        return problems;

        void Check(bool isGood, string problem)
        {
            if (!isGood)
            {
                problems.Add(problem);
            }
        }
    }
}
