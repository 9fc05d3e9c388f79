using System.CommandLine;
using System.Globalization;
using AkkaLb.ClientNode;
using AkkaLb.ClientNode.Commands;
using AkkaLb.Core.Words;
using AkkaLb.Hosting;
using AkkaLb.Hosting.Settings;

const int ConcurrencyDefault = 16;
var flags = new CommonFlags();
var contact = CommonFlags.Make(
    "--contact",
    $"{ClientNodeSettings.ContactDirect}|{ClientNodeSettings.ContactReceptionist}",
    "how to get to a balancer: itself (direct), or, in a cluster of balancers, the deciding one through any member's receptionist");
var command = new RootCommand("A client: asks the balancer for a worker, then talks to that worker directly.") { flags.Balancers, contact };
flags.AddTo(command, isListening: false);

// assign
var count = new Option<int>("--count") { HelpName = "N", Description = "assignments to ask for", DefaultValueFactory = _ => 1 };
var ahead = new Option<bool>("--ahead") { Description = "one request for all of them instead of a request each" };
var assign = new Command("assign", "Ask for workers and print them, a line each.") { count, ahead };
assign.SetAction((parsed, _) =>
{
    var wanted = AtLeastOne("--count", parsed.GetValue(count));
    return RunAsync(parsed, session => AssignCommand.RunAsync(session, wanted, parsed.GetValue(ahead)));
});

// count
var paths = new Argument<string[]>("PATH") { Description = "files to count", Arity = ArgumentArity.OneOrMore };
var chunk = new Option<int>("--chunk")
{
    HelpName = "BYTES", Description = "largest piece of a file that is one job", DefaultValueFactory = _ => 65_536,
};
var countConcurrency = Concurrency();
var countWords = new Command("count", "Count the words of files, as wc -w does.") { paths, chunk, countConcurrency };
countWords.SetAction((parsed, _) =>
{
    var bytes = parsed.GetValue(chunk);
    if (bytes is < ChunkSplitter.BoundBytesMin or > ChunkSplitter.BoundBytesMax)
    {
        throw new ProgramException(ExitCode.Usage, $"--chunk {bytes}: must be from {ChunkSplitter.BoundBytesMin} to {ChunkSplitter.BoundBytesMax}");
    }

    var files = parsed.GetValue(paths)!;
    if (files.FirstOrDefault(f => !File.Exists(f)) is { } missing)
    {
        throw new ProgramException(ExitCode.Usage, Directory.Exists(missing) ? $"{missing} is a directory: name files" : $"{missing}: no such file");
    }

    var concurrency = AtLeastOne("--concurrency", parsed.GetValue(countConcurrency));
    return RunAsync(parsed, session => CountCommand.RunAsync(session, files, bytes, concurrency));
});

// load
var jobs = new Option<long?>("--jobs") { HelpName = "N", Description = "jobs to run" };
var duration = new Option<double?>("--for") { HelpName = "SECONDS", Description = "or: how long to go on beginning jobs" };
var job = new Option<string>("--job") { HelpName = "JOB", Description = JobSpec.Forms, DefaultValueFactory = _ => "sleep:0" };
var deadline = new Option<double>("--deadline")
{
    HelpName = "SECONDS", Description = "for each job, retries included", DefaultValueFactory = _ => 60,
};
var notIdempotent = new Option<bool>("--not-idempotent") { Description = "jobs may not run twice: one whose worker is lost fails" };
var json = new Option<bool>("--json") { Description = "print one JSON object" };
var loadConcurrency = Concurrency();
var load = new Command("load", "Run many built-in jobs and tell how they went.") { jobs, duration, loadConcurrency, job, deadline, notIdempotent, json };
load.SetAction((parsed, _) =>
{
    var options = ReadLoad(parsed);
    return RunAsync(parsed, session => LoadCommand.RunAsync(session, options));
});

// state
var stateJson = new Option<bool>("--json") { Description = "print one JSON object" };
var state = new Command("state", "Print how every balancer stands: its policy, its watch of the registry, its workers.") { stateJson };
state.SetAction((parsed, _) => RunAsync(parsed, session => StateCommand.RunAsync(session, parsed.GetValue(stateJson))));

command.Subcommands.Add(assign);
command.Subcommands.Add(countWords);
command.Subcommands.Add(load);
command.Subcommands.Add(state);
return await NodeProgram.RunAsync(command, args).ConfigureAwait(false);

async Task<int> RunAsync(ParseResult parsed, Func<ClientSession, Task<int>> run)
{
    var overlay = flags.Read(parsed).Set(ClientNodeSettings.ContactKey, CommonFlags.Get(parsed, contact));
    var config = SettingsLoader.Load(
        typeof(ClientNodeSettings).Assembly, "client.hocon", CommonFlags.Get(parsed, flags.Config), overlay, ClientNodeSettings.Schema);
    await using var session = await ClientSession.OpenAsync(ClientNodeSettings.Read(config), config).ConfigureAwait(false);
    return await session.RunAsync(run).ConfigureAwait(false);
}

LoadCommand.Options ReadLoad(ParseResult parsed)
{
    const double daysMax = 100;
    var (jobsGiven, forGiven, each) = (parsed.GetValue(jobs), parsed.GetValue(duration), parsed.GetValue(deadline));
    if (jobsGiven is null == forGiven is null)
    {
        throw new ProgramException(ExitCode.Usage, "give either --jobs N or --for SECONDS");
    }

    if (jobsGiven < 1 || forGiven is <= 0 or > daysMax * 86_400 || each is <= 0 or > daysMax * 86_400)
    {
        throw new ProgramException(ExitCode.Usage, "--jobs must be at least 1, --for and --deadline above 0 and at most 100 days, in seconds");
    }

    if (!JobSpec.TryParse(parsed.GetValue(job)!, out var what, out var problem))
    {
        throw new ProgramException(ExitCode.Usage, problem!);
    }

    return new LoadCommand.Options(
        jobsGiven,
        forGiven is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        AtLeastOne("--concurrency", parsed.GetValue(loadConcurrency)),
        what,
        new JobOptions { Deadline = TimeSpan.FromSeconds(each), IsIdempotent = !parsed.GetValue(notIdempotent) },
        parsed.GetValue(json));
}

static int AtLeastOne(string flag, int value)
{
    const int most = 100_000;
    return value is >= 1 and <= most
        ? value
        : throw new ProgramException(ExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"{flag} {value}: must be from 1 to {most}"));
}

static Option<int> Concurrency() => new("--concurrency")
{
    HelpName = "N", Description = "jobs under way at once", DefaultValueFactory = _ => ConcurrencyDefault,
};
