using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Work;

namespace AkkaLb.Bench.Lab;

/// <summary>Everything that a run depends on beside the policy. The defaults are those of the command line.</summary>
internal sealed record Setting
{
    /// <summary>Of <see cref="Arrivals"/>: exponential gaps.</summary>
    public const string Poisson = "poisson";

    /// <summary>When jobs are submitted: <see cref="Poisson"/>, or a CSV file.</summary>
    public string Arrivals { get; init; } = Poisson;

    /// <summary>How long jobs run.</summary>
    public Durations Durations { get; init; } = Durations.Exponential;

    /// <summary>1 to 100,000.</summary>
    public int Workers { get; init; } = 100;

    /// <summary>How fast the workers are.</summary>
    public SpeedList Speeds { get; init; } = SpeedList.Parse("0.5:0.3,1:0.5,2:0.2");

    /// <summary>Jobs that a worker runs at full speed at once: 1 to 100,000.</summary>
    public int Slots { get; init; } = 4;

    public Discipline Discipline { get; init; } = Discipline.Fifo;

    /// <summary>Work that arrives in a second for the work that all slots can do in one; above 0. From 1 on queues grow as long as jobs
    /// come.</summary>
    public double Utilisation { get; init; } = 0.8;

    /// <summary>Mean of a job's duration on a slot of speed 1, in seconds.</summary>
    public double ServiceTime { get; init; } = 1;

    /// <summary>Seconds from one report of a worker to its next. Workers report one after another, evenly mixed.</summary>
    public double ReportAge { get; init; } = 1;

    /// <summary>Seconds from the moment in which a client has its answer to that in which it tells the balancer that the job has ended.</summary>
    public double FinishDelay { get; init; }

    /// <summary>Whether clients tell ends at all, as ours do; others do not.</summary>
    public bool IsTold { get; init; } = true;

    /// <summary>Seconds that any message takes. The limits, which know everything, wait for none.</summary>
    public double NetworkDelay { get; init; }

    /// <summary>Balancers that decide side by side; the clients are split over them.</summary>
    public int Balancers { get; init; } = 1;

    /// <summary>1 to 100,000; each job comes from one of them at random.</summary>
    public int Clients { get; init; } = 20;

    /// <summary>How many assignments a client keeps at most for jobs that may come, by the rules of production's: 0 to
    /// <see cref="Core.Assign.AheadMax"/>.</summary>
    public int Stock { get; init; }

    /// <summary>Jobs, those of the warm-up included: 10 to 10,000,000.</summary>
    public int Jobs { get; init; } = 60_000;

    /// <summary>Jobs that a worker accepts at once; more are refused, and tried elsewhere. 0: any number.</summary>
    public int Capacity { get; init; }

    /// <summary>Seconds from one kill of a worker, any of them, to the next, as long as jobs are submitted; 0: none is killed.</summary>
    public double KillEvery { get; init; }

    /// <summary>Seconds until a killed worker is there again, as another incarnation; above 0.</summary>
    public double DownFor { get; init; } = 10;

    /// <summary>Seconds until the registry misses a worker that was killed; so long a client leaves out one that it missed itself.</summary>
    public double Lease { get; init; } = 5;

    /// <summary>Share of the workers that slow down when the first job that counts is submitted, and do not say so: 0 to 1.</summary>
    public double Slow { get; init; }

    /// <summary>What is left of their speed: 0.001 to 1.</summary>
    public double SlowFactor { get; init; } = 0.25;

    public long Seed { get; init; } = 1;

    /// <summary>Jobs that all workers together can do in a mean service time.</summary>
    public double Capability => SpeedsOfWorkers().Sum() * Slots;

    /// <summary>Each worker's speed. Which worker has which is drawn, so that the order of registration says nothing.</summary>
    public double[] SpeedsOfWorkers()
    {
        var speeds = Speeds.For(Workers);
        new Streams(Seed).Of("speeds").Shuffle(speeds);
        return speeds;
    }
}
