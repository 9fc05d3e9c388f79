using System.CommandLine;
using AkkaLb.BuiltInJobs;
using AkkaLb.BuiltInJobs.Words;
using AkkaLb.Client;
using AkkaLb.ClientNode;
using AkkaLb.ClientNode.Commands;
using AkkaLb.Clusters;
using AkkaLb.Core;
using AkkaLb.Programs;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Http;
using AkkaLb.Programs.Settings;
using AkkaLb.Programs.Streams;
using AkkaLb.Programs.Systemd;
using AkkaLb.Programs.Telemetry;

const int ConcurrencyDefault = 16;
const int CountMax = 100_000;
const long JobsMax = 1_000_000_000_000;
var shortest = TimeSpan.FromMilliseconds(1);

var flags = new CommonFlags(ClientNodeSettings.Schema, isListening: false);
var concurrency = CommonFlags.Make("--concurrency", "N", $"jobs under way at once ({ConcurrencyDefault})");
var json = new Option<bool>("--json") { Description = "print one JSON object" };

var service = CommonFlags.Make("--service", "NAME", $"the service whose workers are wanted ({WorkerService.Default})");
var priority = CommonFlags.Make("--priority", "NAME", "which jobs go first where they wait for a free place: low, normal or high (normal)");
var count = CommonFlags.Make("--count", "N", "assignments to ask for (1)");
var ahead = new Option<bool>("--ahead") { Description = "one request for all of them instead of a request each" };
var assign = new Command("assign", "Ask for workers and print them, a line each.") { count, ahead, service };

var paths = new Argument<string[]>("PATH") { Description = "files to count", Arity = ArgumentArity.OneOrMore };
var chunk = CommonFlags.Make("--chunk", "BYTES", "largest piece of a file that is one job (65536)");
var countWords = new Command("count", "Count the words of files, as wc -w does.") { paths, chunk, concurrency, service, priority };

var jobs = CommonFlags.Make("--jobs", "N", "jobs to run");
var duration = CommonFlags.Make("--for", "SECONDS", "or: how long to begin new jobs");
var job = CommonFlags.Make("--job", "JOB", $"{JobSpec.Forms} (sleep:0)");
var deadline = CommonFlags.Make("--deadline", "SECONDS", "for each job, retries included (60)");
var notIdempotent = new Option<bool>("--not-idempotent") { Description = "jobs may not run twice: one whose worker is lost fails" };
var keys = CommonFlags.Make("--keys", "N", "jobs belong to the keys 1 to N in turn, for a policy that goes by keys (no key)");
var weight = CommonFlags.Make("--weight", "N", "load that each job is expected to be, in ordinary jobs (1)");
var trace = CommonFlags.Make(
    "--trace", "FILE", "or: a CSV with a header, of seconds or dates, weights of memory and of durations; --job gives the means");
var rate = CommonFlags.Make("--rate", "N", "with --trace: jobs a second on average, 1 to 100000 (as the file says)");
var load = new Command("load", "Run many built-in jobs and tell how they went.")
{
    jobs, duration, trace, rate, concurrency, job, deadline, notIdempotent, keys, weight, priority, service, json,
};

var watch = CommonFlags.Make("--watch", "SECONDS", "print it again every so many seconds, until Ctrl-C");
var workers = new Command("workers", "Print all workers, and orders for workers that are not registered.") { json, watch };
var services = new Command("services", "Print the services: policy, workers, what is in flight and what waits.") { json, watch };
var balancers = new Command("balancers", "Print the balancers: who answers, and how each stands with its registry.") { json, watch };
var rows = CommonFlags.Make("--rows", "N", "workers to show (30)");
var top = new Command("top", "Print balancers, services and the busiest workers again and again, until Ctrl-C.") { watch, rows };

var latest = CommonFlags.Make("--count", "N", "decisions of each balancer at most, 1 to 50 (20)");
var id = new Argument<string?>("ID")
{
    Description = "a job or a request, such as 5fe1b2c3d4e5f607-17; without it the latest decisions, and what waits", Arity = ArgumentArity.ZeroOrOne,
};
var why = new Command("why", "Tell why a job went where it went, or what it waits for.") { id, latest, json };

var names = new Argument<string[]>("NAME") { Description = "workers; of a service SERVICE/NAME", Arity = ArgumentArity.OneOrMore };
var because = CommonFlags.Make("--because", "TEXT", "why, for people to read");
var wait = CommonFlags.Make("--wait", "SECONDS", "wait until the workers are empty; exit code 1 when they are not in time");
var share = new Argument<string>("SHARE") { Description = "of what it would get: 1% to 100%" };
var one = new Argument<string>("NAME") { Description = "a worker; of a service SERVICE/NAME" };
var drain = new Command("drain", "Give workers no new jobs, and let them finish those that they have.") { names, wait, because, json };
var maint = new Command("maint", "The same for workers that will be stopped, started or away.") { names, wait, because, json };
var ready = new Command("ready", "Take drain and maint back.") { names, json };
var weigh = new Command("weight", "Give a worker a part of the jobs that it would get.") { one, share, because, json };
var state = new Command("state", "Print how every balancer stands: its policy, its watch of the registry, its workers.") { json, watch };

var follow = new Option<bool>("--follow") { Description = "go on with what comes, until Ctrl-C" };
var jsonLines = new Option<bool>("--json") { Description = "print each as a JSON object on a line" };
var events = new Command("events", "Print what the balancers have told the operator lately, in order of time.") { follow, jsonLines };

var shell = new Argument<string>("SHELL") { Description = string.Join(", ", Completion.Shells) };
shell.AcceptOnlyFromAmong(Completion.Shells);
var completion = new Command("completion", "Print what a shell needs to complete verbs and flags.") { shell };
completion.SetAction(parsed => Console.Out.WriteLine(Completion.ScriptFor(parsed.GetValue(shell)!, "akkalb-client")));

var command = new RootCommand("A client: asks the balancer for a worker, then talks to that worker directly.")
{
    assign, countWords, load, state, workers, services, balancers, top, events, why, drain, maint, ready, weigh, completion,
};
flags.AddTo(command);
var verbs = new Dictionary<Command, Func<FlagValues, ParseResult, Func<ClientSession, Task<int>>>>
{
    [assign] = ReadAssign,
    [countWords] = ReadCount,
    [load] = ReadLoad,
    [state] = (given, _) => Told(given, StateCommand.RunAsync),
    [workers] = (given, _) => Told(given, ListCommands.WorkersAsync),
    [services] = (given, _) => Told(given, ListCommands.ServicesAsync),
    [balancers] = (given, _) => Told(given, ListCommands.BalancersAsync),
    [top] = (given, _) =>
    {
        var (every, shown) = (Every(given) ?? TimeSpan.FromSeconds(1), (int)(given.Whole(rows, 1, CountMax) ?? 30));
        return session => ListCommands.TopAsync(session, every, shown);
    },
    [why] = ReadWhy,
    [drain] = (given, parsed) => Ordered(given, Names(given, parsed), AdminState.Drain),
    [maint] = (given, parsed) => Ordered(given, Names(given, parsed), AdminState.Maintenance),
    [ready] = (given, parsed) => Ordered(given, Names(given, parsed), AdminState.Ready),
    [weigh] = (given, parsed) => Ordered(given, Names(given, parsed), null, Share(given, parsed)),
    [events] = (given, _) =>
    {
        var (isFollowing, isJson) = (given.IsSet(follow), given.IsSet(jsonLines));
        return session => EventsCommand.RunAsync(session, isFollowing, isJson);
    },
};
return await NodeProgram.RunAsync(command, args, Prepare).ConfigureAwait(false);

Func<Task<int>> Prepare(ParseResult parsed)
{
    var problems = new List<string>();
    var run = verbs.TryGetValue(parsed.CommandResult.Command, out var read) ? read(new FlagValues(parsed, problems), parsed) : null;
    Func<Task<int>>? ready = null;
    try
    {
        var (settings, config, _) = SettingsLoader.Load(
            typeof(ClientNodeSettings).Assembly, "client.hocon", CommonFlags.Get(parsed, flags.Config), flags.Read(parsed),
            ClientNodeSettings.Schema, ClientNodeSettings.Read, EnvironmentSettings.OfProcess());
        ready = () => RunAsync(settings, config, run!);
    }
    catch (SettingsException e)
    {
        problems.AddRange(e.Problems);
    }

    return problems.Count == 0 ? ready! : throw new SettingsException(problems);
}

static Task<int> RunAsync(ClientNodeSettings settings, Akka.Configuration.Config config, Func<ClientSession, Task<int>> run)
{
    var program = new ProgramHost(settings.Common.Log);

    // What goes wrong with the connection is told from the start.
    program.Log.Started();
    var http = program.Add(new HttpPart(program, "client", settings.Common.Http));
    program.Add(new OtlpPart("client"));
    var registry = program.Add(new RegistryPart(settings.Common, settings.Balancers is null ? settings.ConnectTimeout : null));
    var node = program.Add(new NodePart(program, settings.Common, config, settings.Messages, () => settings.Contact == BalancerContact.Receptionist
        ? new ExtraConfig(BuiltInSerializer.Binding.WithFallback(ClusterConfig.ClientSerialization), ClusterConfig.ClientDefaults)
        : new ExtraConfig(BuiltInSerializer.Binding, Akka.Configuration.Config.Empty)));
    program.Add(new SystemdPart(program, node));
    var session = program.Add(new ClientSession(program, settings, registry, node, http));
    return program.RunAsync(() => run(session));
}

Func<ClientSession, Task<int>> ReadAssign(FlagValues given, ParseResult parsed)
{
    var wanted = (int)(given.Whole(count, 1, CountMax) ?? 1);
    var isAhead = given.IsSet(ahead);
    var of = Service(given);
    return session => AssignCommand.RunAsync(session, wanted, isAhead, of);
}

Func<ClientSession, Task<int>> ReadCount(FlagValues given, ParseResult parsed)
{
    var bytes = (int)(given.Whole(chunk, ChunkSplitter.BoundBytesMin, ChunkSplitter.BoundBytesMax) ?? 65_536);
    var atOnce = Concurrency(given);
    var files = parsed.GetResult(paths) is { } result && !result.Errors.Any() ? parsed.GetValue(paths)! : [];
    foreach (var file in files)
    {
        if (WhyNotCounted(FileKinds.Of(file)) is { } reason)
        {
            given.Refuse($"{file}: {reason}");
        }
    }

    var (of, first) = (Service(given), Priority(given));
    return session => CountCommand.RunAsync(session, files, bytes, atOnce, of, first);
}

Func<ClientSession, Task<int>> ReadLoad(FlagValues given, ParseResult parsed)
{
    var (jobsGiven, forGiven, traceGiven) = (given.Text(jobs), given.Text(duration), given.Text(trace));
    if (traceGiven is null && jobsGiven is null == forGiven is null && parsed.UnmatchedTokens.Count == 0)
    {
        given.Refuse("give either --jobs N or --for SECONDS");
    }

    if (traceGiven is null ? given.Text(rate) is not null : forGiven is not null)
    {
        given.Refuse(traceGiven is null ? "--rate needs --trace FILE" : "give either --trace FILE or --for SECONDS");
    }

    if (!JobSpec.TryParse(given.Text(job) ?? "sleep:0", out var what, out var problem))
    {
        given.Refuse(problem!);
    }

    var count = given.Whole(jobs, 1, traceGiven is null ? JobsMax : TracedJobs.JobsMax);
    var traced = traceGiven is null || problem is not null ? null : ReadTrace(given, traceGiven, what, (int?)count);
    var options = new LoadCommand.Options(
        traced?.Jobs.Length ?? count,
        given.Seconds(duration, shortest, JobOptions.DeadlineMax),
        traced is null ? Concurrency(given) : (int)(given.Whole(concurrency, 1, CountMax) ?? TracedJobs.ConcurrencyDefault),
        what,
        new JobOptions
        {
            Deadline = given.Seconds(deadline, shortest, JobOptions.DeadlineMax) ?? JobOptions.Default.Deadline,
            IsIdempotent = !given.IsSet(notIdempotent),
            Weight = (int)(given.Whole(weight, 1, Assign.WeightMax) ?? JobOptions.Default.Weight),
            Service = Service(given),
            Priority = Priority(given),
        },
        given.Whole(keys, 1, JobsMax),
        given.IsSet(json),
        traced);
    return session => LoadCommand.RunAsync(session, options);
}

TracedJobs? ReadTrace(FlagValues given, string path, IBuiltInMessage job, int? count)
{
    var perSecond = given.Whole(rate, 1, 100_000);
    try
    {
        return TracedJobs.Of(Trace.Of(path), job, count, perSecond);
    }
    catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or ArgumentException)
    {
        given.Refuse($"--trace {path}: {e.Message}");
        return null;
    }
}

Func<ClientSession, Task<int>> ReadWhy(FlagValues given, ParseResult parsed)
{
    var text = parsed.GetResult(id) is { } result && !result.Errors.Any() ? parsed.GetValue(id) : null;
    var wanted = default(JobId);
    if (text is not null && !JobId.TryParse(text, out wanted))
    {
        given.Refuse(DecisionsJson.NoId(text));
    }

    var (most, isJson) = ((int)(given.Whole(latest, 1, GetDecisions.CountMax) ?? 20), given.IsSet(json));
    return session => WhyCommand.RunAsync(session, text is null ? null : wanted, most, isJson);
}

TimeSpan? Every(FlagValues given) => given.Seconds(watch, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));

Func<ClientSession, Task<int>> Told(FlagValues given, Func<ClientSession, bool, TimeSpan?, Task<int>> tell)
{
    var (isJson, every) = (given.IsSet(json), Every(given));
    return session => tell(session, isJson, every);
}

Func<ClientSession, Task<int>> Ordered(FlagValues given, IReadOnlyList<string> of, AdminState? wanted, int? percent = null)
{
    var why = given.Text(because) ?? "";
    if (why.Length > WorkerRecord.ReasonLengthMax || why.Any(char.IsControl))
    {
        given.Refuse($"--because: must be one line of at most {WorkerRecord.ReasonLengthMax} characters");
    }

    var options = new OverrideCommand.Options(of, wanted, percent, why, given.Seconds(wait, TimeSpan.Zero, TimeSpan.FromDays(1)), given.IsSet(json));
    return session => OverrideCommand.RunAsync(session, options);
}

IReadOnlyList<string> Names(FlagValues given, ParseResult parsed)
{
    string[] of = parsed.CommandResult.Command == weigh
        ? (parsed.GetResult(one) is { } first && !first.Errors.Any() ? [parsed.GetValue(one)!] : [])
        : (parsed.GetResult(names) is { } all && !all.Errors.Any() ? parsed.GetValue(names)! : []);
    foreach (var name in of.Where(name => !WorkerIds.IsWorker(name)))
    {
        given.Refuse($"{name}: is no worker's name: 1 to {WorkerIds.LengthMax} letters, digits, dots, underscores and hyphens, or SERVICE/NAME");
    }

    return [.. of.Select(name => WorkerIds.Of(WorkerIds.ServiceOf(name), WorkerIds.NameOf(name))).Distinct()];
}

int? Share(FlagValues given, ParseResult parsed)
{
    var text = parsed.GetResult(share) is { } result && !result.Errors.Any() ? parsed.GetValue(share)! : "100%";
    if (int.TryParse(text.TrimEnd('%'), System.Globalization.NumberStyles.None, null, out var percent)
        && percent is >= WorkerOverride.WeightMin and <= WorkerOverride.WeightUsual)
    {
        return percent;
    }

    given.Refuse($"{text}: must be 1% to 100%; for no jobs at all use drain");
    return null;
}

string Service(FlagValues given)
{
    var name = given.Text(service) ?? WorkerService.Default;
    if (!WorkerService.IsValid(name))
    {
        given.Refuse($"--service = {name}: must be {WorkerService.Rule}");
    }

    return name;
}

JobPriority Priority(FlagValues given)
{
    switch (given.Text(priority))
    {
        case "low":
            return JobPriority.Low;
        case "high":
            return JobPriority.High;
        case null or "normal":
            return JobPriority.Normal;
        case var other:
            given.Refuse($"--priority = {other}: must be low, normal or high");
            return JobPriority.Normal;
    }
}

int Concurrency(FlagValues given) => (int)(given.Whole(concurrency, 1, CountMax) ?? ConcurrencyDefault);

static string? WhyNotCounted(FileKind kind) => kind switch
{
    FileKind.File or FileKind.Pipe => null,
    FileKind.Directory => "is a directory: name files",
    FileKind.Device => "is a device: name files",
    FileKind.Socket => "is a socket: name files",
    FileKind.Missing => "no such file",
};
