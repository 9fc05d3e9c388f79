using AkkaLb.Core;
using System.CommandLine;
using AkkaLb.ClientNode;
using AkkaLb.ClientNode.Commands;
using AkkaLb.Core.Words;
using AkkaLb.Hosting;
using AkkaLb.Hosting.Hocon;
using AkkaLb.Hosting.Settings;
using AkkaLb.Hosting.Streams;

const int ConcurrencyDefault = 16;
const int CountMax = 100_000;
const long JobsMax = 1_000_000_000_000;
var shortest = TimeSpan.FromMilliseconds(1);

var flags = new CommonFlags(ClientNodeSettings.Schema, isListening: false);
var concurrency = CommonFlags.Make("--concurrency", "N", $"jobs under way at once ({ConcurrencyDefault})");
var json = new Option<bool>("--json") { Description = "print one JSON object" };

var service = CommonFlags.Make("--service", "NAME", $"the service whose workers are wanted ({WorkerService.Default})");
var count = CommonFlags.Make("--count", "N", "assignments to ask for (1)");
var ahead = new Option<bool>("--ahead") { Description = "one request for all of them instead of a request each" };
var assign = new Command("assign", "Ask for workers and print them, a line each.") { count, ahead, service };

var paths = new Argument<string[]>("PATH") { Description = "files to count", Arity = ArgumentArity.OneOrMore };
var chunk = CommonFlags.Make("--chunk", "BYTES", "largest piece of a file that is one job (65536)");
var countWords = new Command("count", "Count the words of files, as wc -w does.") { paths, chunk, concurrency, service };

var jobs = CommonFlags.Make("--jobs", "N", "jobs to run");
var duration = CommonFlags.Make("--for", "SECONDS", "or: how long to begin new jobs");
var job = CommonFlags.Make("--job", "JOB", $"{JobSpec.Forms} (sleep:0)");
var deadline = CommonFlags.Make("--deadline", "SECONDS", "for each job, retries included (60)");
var notIdempotent = new Option<bool>("--not-idempotent") { Description = "jobs may not run twice: one whose worker is lost fails" };
var keys = CommonFlags.Make("--keys", "N", "jobs belong to the keys 1 to N in turn, for a policy that goes by keys (no key)");
var weight = CommonFlags.Make("--weight", "N", "load that each job is expected to be, in ordinary jobs (1)");
var load = new Command("load", "Run many built-in jobs and tell how they went.")
{
    jobs, duration, concurrency, job, deadline, notIdempotent, keys, weight, service, json,
};

var state = new Command("state", "Print how every balancer stands: its policy, its watch of the registry, its workers.") { json };

var command = new RootCommand("A client: asks the balancer for a worker, then talks to that worker directly.")
{
    assign, countWords, load, state,
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
        return session => StateCommand.RunAsync(session, isJson);
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
            ClientNodeSettings.Schema, ClientNodeSettings.Read);
        ready = () => RunAsync(settings, config, run!);
    }
    catch (SettingsException e)
    {
        problems.AddRange(e.Problems);
    }

    return problems.Count == 0 ? ready! : throw new SettingsException(problems);
}

static async Task<int> RunAsync(ClientNodeSettings settings, Akka.Configuration.Config config, Func<ClientSession, Task<int>> run)
{
    await using var session = await ClientSession.OpenAsync(settings, config).ConfigureAwait(false);
    return await run(session).ConfigureAwait(false);
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

    var of = Service(given);
    return session => CountCommand.RunAsync(session, files, bytes, atOnce, of);
}

Func<ClientSession, Task<int>> ReadLoad(FlagValues given, ParseResult parsed)
{
    var (jobsGiven, forGiven) = (given.Text(jobs), given.Text(duration));
    if (jobsGiven is null == forGiven is null && parsed.UnmatchedTokens.Count == 0)
    {
        given.Refuse("give either --jobs N or --for SECONDS");
    }

    if (!JobSpec.TryParse(given.Text(job) ?? "sleep:0", out var what, out var problem))
    {
        given.Refuse(problem!);
    }

    var options = new LoadCommand.Options(
        given.Whole(jobs, 1, JobsMax),
        given.Seconds(duration, shortest, JobOptions.DeadlineMax),
        Concurrency(given),
        what,
        new JobOptions
        {
            Deadline = given.Seconds(deadline, shortest, JobOptions.DeadlineMax) ?? JobOptions.Default.Deadline,
            IsIdempotent = !given.IsSet(notIdempotent),
            Weight = (int)(given.Whole(weight, 1, Assign.WeightMax) ?? JobOptions.Default.Weight),
            Service = Service(given),
        },
        given.Whole(keys, 1, JobsMax),
        given.IsSet(json));
    return session => LoadCommand.RunAsync(session, options);
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

int Concurrency(FlagValues given) => (int)(given.Whole(concurrency, 1, CountMax) ?? ConcurrencyDefault);

static string? WhyNotCounted(FileKind kind) => kind switch
{
    FileKind.File or FileKind.Pipe => null,
    FileKind.Directory => "is a directory: name files",
    FileKind.Device => "is a device: name files",
    FileKind.Socket => "is a socket: name files",
    FileKind.Missing => "no such file",
};
