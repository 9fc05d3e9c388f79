using System.CommandLine;
using System.Runtime.InteropServices;
using AkkaLb.Bench.Lab;
using AkkaLb.Bench.Lab.Plots;
using AkkaLb.Bench.Lab.Validation;
using AkkaLb.Programs;
using AkkaLb.Programs.Hocon;

var (run, validate, plots) = (new RunFlags(), new ValidateFlags(), new PlotsFlags());
var command = new RootCommand(
    "Compares policies in a simulation that is run by the balancer's own classes: virtual time, one seed, the same numbers each time.")
{
    run.Command, validate.Command, plots.Command,
};
return await NodeProgram.RunAsync(command, args, Prepare).ConfigureAwait(false);

Func<Task<int>> Prepare(ParseResult parsed)
{
    var problems = new List<string>();
    var given = new FlagValues(parsed, problems);
    var verb = parsed.CommandResult.Command;
    var work = verb == run.Command ? run.Read(given) : verb == validate.Command ? validate.Read(given) : plots.Read(given);
    return problems.Count == 0 ? () => UntilStopped(work) : throw new SettingsException(problems);
}

// On another thread, so that Ctrl-C finds this one free. Whatever is under way looks at the token.
static async Task<int> UntilStopped(Func<CancellationToken, int> work)
{
    using var stop = new CancellationTokenSource();
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    try
    {
        return await Task.Run(() => work(stop.Token), stop.Token).ConfigureAwait(false);
    }
    catch (OperationCanceledException)
    {
        return ExitCode.Interrupted;
    }

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        stop.Cancel();
    }
}
