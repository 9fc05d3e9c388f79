using System.CommandLine;
using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Work;
using AkkaLb.ClientNode.Commands;
using AkkaLb.Core;
using AkkaLb.Core.Policies;
using AkkaLb.Programs;

namespace AkkaLb.Bench.Lab;

/// <summary>The command line of <c>run</c>.</summary>
internal sealed class RunFlags
{
    private const double SecondsMin = 0.0001;
    private const double SecondsMax = 1_000_000;

    private static readonly Setting Default = new();

    private readonly Option<string?> _arrivals = CommonFlags.Make(
        "--arrivals", "poisson|FILE",
        "when jobs come: exponential gaps, or a CSV file with a header whose first column is a timestamp or seconds and whose next two weigh the "
        + "memory and the duration of a job; its times are stretched until --utilisation results, and its rows repeated until there are --jobs "
        + "(poisson)");

    private readonly Option<string?> _durations = CommonFlags.Make(
        "--durations", "KIND",
        "exponential, pareto (shape 1.5, from 0.35 to 106 means) or file (file where the file has a third column, else exponential)");

    private readonly Option<string?> _policy = CommonFlags.Make("--policy", "NAME[,NAME...]", $"policies to compare, of {Policy.Names} (all)");
    private readonly Option<string?> _workers = CommonFlags.Make("--workers", "N", $"workers ({Default.Workers})");

    private readonly Option<string?> _speeds = CommonFlags.Make(
        "--speeds", "LIST", $"speeds of the workers with their shares, 0.5:0.3,1:0.7; without shares equal ones, 0.5,1,2 ({Default.Speeds.Text})");

    private readonly Option<string?> _slots = CommonFlags.Make("--slots", "N", $"jobs that a worker runs at full speed at once ({Default.Slots})");

    private readonly Option<string?> _discipline = CommonFlags.Make(
        "--discipline", "fifo|shared", "with more jobs than slots: they wait, or all share the slots equally, as threads share cores (fifo)");

    private readonly Option<string?> _utilisation = CommonFlags.Make(
        "--utilisation", "U", $"work that comes, as a share of what all workers can do, 0.01 to 10 ({Default.Utilisation})");

    private readonly Option<string?> _serviceTime = CommonFlags.Make(
        "--service-time", "SECONDS", $"mean duration of a job at speed 1, in which response times are told ({Default.ServiceTime})");

    private readonly Option<string?> _reportAge = CommonFlags.Make(
        "--report-age", "SECONDS", $"from one report of a worker to its next ({Default.ReportAge})");

    private readonly Option<string?> _finishDelay = CommonFlags.Make(
        "--finish-delay", "SECONDS", $"from the end of a job to the client's telling the balancer ({Default.FinishDelay})");

    private readonly Option<bool> _untold = new("--untold")
    {
        Description = "clients do not tell when jobs end; balancers have the workers' reports alone",
    };

    private readonly Option<string?> _networkDelay = CommonFlags.Make(
        "--network-delay", "SECONDS", $"that each message takes; the limits wait for none ({Default.NetworkDelay})");

    private readonly Option<string?> _balancers = CommonFlags.Make("--balancers", "N", $"balancers side by side ({Default.Balancers})");
    private readonly Option<string?> _clients = CommonFlags.Make("--clients", "N", $"clients, split over the balancers ({Default.Clients})");

    private readonly Option<string?> _stock = CommonFlags.Make(
        "--stock", "N",
        $"assignments that a client keeps at most for jobs that may come, as many as it uses in twice the time of a question ({Default.Stock})");

    private readonly Option<string?> _capacity = CommonFlags.Make(
        "--capacity", "N", $"jobs that a worker accepts at once, others are refused; 0: any number ({Default.Capacity})");

    private readonly Option<string?> _killEvery = CommonFlags.Make(
        "--kill-every", "SECONDS", $"from one kill of a worker to the next; its jobs begin again elsewhere; 0: never ({Default.KillEvery})");

    private readonly Option<string?> _downFor = CommonFlags.Make(
        "--down-for", "SECONDS", $"until a killed worker is there again, as a new one ({Default.DownFor})");

    private readonly Option<string?> _lease = CommonFlags.Make(
        "--lease", "SECONDS", $"until balancers learn that a worker was killed; its clients see it at once ({Default.Lease})");

    private readonly Option<string?> _slow = CommonFlags.Make(
        "--slow", "SHARE", $"of the workers that slow down after the warm-up and do not say so, 0 to 1 ({Default.Slow})");

    private readonly Option<string?> _slowFactor = CommonFlags.Make(
        "--slow-factor", "F", $"what is left of their speed, 0.001 to 1 ({Default.SlowFactor})");

    private readonly Option<string?> _jobs = CommonFlags.Make(
        "--jobs", "N", $"jobs; the first {World.WarmUpShare:0%} warm the system up and are not counted ({Default.Jobs})");

    private readonly Option<string?> _seed = CommonFlags.Make("--seed", "K", $"the same seed gives the same numbers ({Default.Seed})");
    private readonly Option<bool> _json = new("--json") { Description = "print one JSON object" };

    public RunFlags() => Command = new Command("run", Meaning)
    {
        _arrivals, _durations, _policy, _workers, _speeds, _slots, _discipline, _utilisation, _serviceTime, _reportAge, _finishDelay, _untold,
        _networkDelay,
        _balancers, _clients, _stock, _capacity, _killEvery, _downFor, _lease, _slow, _slowFactor, _jobs, _seed, _json,
    };

    public Command Command { get; }

    private static string Meaning =>
        $"""
        Run policies over the same jobs and compare them with {string.Join(", ", Experiment.Always)}.

        p50, p99, p999, mean: response time, from submission to answer, in mean service times at speed 1.
        imbalance: the largest load of a worker divided by the mean over all, averaged over time; load is jobs / (speed x slots).
        hot: share of jobs that came to a worker without a free slot while another worker had one.
        rejected: AssignRejected and JobRejected for each job that was done.
        job-rejected (in JSON): JobRejected alone.
        done: work of the jobs that ended until the last was submitted, as a share of what all workers could do in that time.
        """;

    public Func<CancellationToken, int> Read(FlagValues given)
    {
        var trace = ReadTrace(given);
        var setting = ReadSetting(given, trace);
        IReadOnlyList<string> names = [.. Experiment.Always.Concat(PolicyNames.Read(given, _policy)).Distinct()];
        var isJson = given.IsSet(_json);
        return stop => RunCommand.Run(setting, trace, names, isJson, stop);
    }

    private Setting ReadSetting(FlagValues given, Trace? trace) => new()
    {
        Arrivals = given.Text(_arrivals) ?? Default.Arrivals,
        Durations = ReadDurations(given, trace),
        Workers = Whole(given, _workers, 1, 100_000, Default.Workers),
        Speeds = ReadSpeeds(given),
        Slots = Whole(given, _slots, 1, 100_000, Default.Slots),
        Discipline = given.Choice(_discipline, "fifo", "shared") == "shared" ? Discipline.Shared : Discipline.Fifo,
        Utilisation = given.Number(_utilisation, 0.01, 10) ?? Default.Utilisation,
        ServiceTime = given.Number(_serviceTime, SecondsMin, 3600) ?? Default.ServiceTime,
        ReportAge = given.Number(_reportAge, SecondsMin, SecondsMax) ?? Default.ReportAge,
        FinishDelay = given.Number(_finishDelay, 0, SecondsMax) ?? Default.FinishDelay,
        IsTold = !given.IsSet(_untold),
        NetworkDelay = given.Number(_networkDelay, 0, SecondsMax) ?? Default.NetworkDelay,
        Balancers = Whole(given, _balancers, 1, 1000, Default.Balancers),
        Clients = Whole(given, _clients, 1, 100_000, Default.Clients),
        Stock = ReadStock(given),
        Capacity = Whole(given, _capacity, 0, 1_000_000, Default.Capacity),
        KillEvery = given.Number(_killEvery, 0, SecondsMax) ?? Default.KillEvery,
        DownFor = given.Number(_downFor, SecondsMin, SecondsMax) ?? Default.DownFor,
        Lease = given.Number(_lease, 0, SecondsMax) ?? Default.Lease,
        Slow = given.Number(_slow, 0, 1) ?? Default.Slow,
        SlowFactor = given.Number(_slowFactor, 0.001, 1) ?? Default.SlowFactor,
        Jobs = Whole(given, _jobs, 10, Trace.RowsMax, Default.Jobs),
        Seed = given.Whole(_seed, 0, long.MaxValue) ?? Default.Seed,
    };

    private int ReadStock(FlagValues given)
    {
        var stock = Whole(given, _stock, 0, Assign.AheadMax, Default.Stock);
        if (stock > 0 && given.IsSet(_untold))
        {
            given.Refuse($"{_stock.Name} and {_untold.Name}: a balancer gives assignments ahead only to clients that tell when jobs end");
        }

        return stock;
    }

    private Trace? ReadTrace(FlagValues given)
    {
        var path = given.Text(_arrivals) ?? Setting.Poisson;
        if (path == Setting.Poisson)
        {
            return null;
        }

        try
        {
            return Trace.Of(path);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            given.Refuse($"{_arrivals.Name} {path}: {e.Message}");
            return null;
        }
    }

    private Durations ReadDurations(FlagValues given, Trace? trace)
    {
        var kind = given.Choice(_durations, "exponential", "pareto", "file");
        var isFromFile = kind == "file" || (kind is null && trace?.Duration is not null);
        var isPoisson = (given.Text(_arrivals) ?? Setting.Poisson) == Setting.Poisson;
        if (kind == "file" && trace?.Duration is null && (trace is not null || isPoisson))
        {
            given.Refuse($"{_durations.Name} file: {(isPoisson ? "--arrivals names no file" : "the file has no third column")}");
        }

        return isFromFile ? Durations.File : kind == "pareto" ? Durations.Pareto : Durations.Exponential;
    }

    private SpeedList ReadSpeeds(FlagValues given)
    {
        try
        {
            return given.Text(_speeds) is { } text ? SpeedList.Parse(text) : Default.Speeds;
        }
        catch (FormatException e)
        {
            given.Refuse($"{_speeds.Name}: {e.Message}");
            return Default.Speeds;
        }
    }

    private static int Whole(FlagValues given, Option<string?> flag, int min, int max, int otherwise) =>
        (int)(given.Whole(flag, min, max) ?? otherwise);
}
