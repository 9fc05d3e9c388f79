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
var state = new Command("state", "Print how every balancer stands: its policy, its watch of the registry, its workers.") { json, watch };

var follow = new Option<bool>("--follow") { Description = "go on with what comes, until Ctrl-C" };
var jsonLines = new Option<bool>("--json") { Description = "print each as a JSON object on a line" };
var events = new Command("events", "Print what the balancers have told the operator lately, in order of time.") { follow, jsonLines };

var command = new RootCommand("A client: asks the balancer for a worker, then talks to that worker directly.")
{
    assign, countWords, load, state, events,
};
flags.AddTo(command);
var verbs = new Dictionary<Command, Func<FlagValues, ParseResult, Func<ClientSession, Task<int>>>>
{
    [assign] = ReadAssign,
    [countWords] = ReadCount,
    [load] = ReadLoad,
    [state] = (given, _) =>
    {
        var isJson = given.IsSet(json);
        var every = given.Seconds(watch, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        return session => StateCommand.RunAsync(session, isJson, every);
    },
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
        var (settings, config) = SettingsLoader.Load(
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
