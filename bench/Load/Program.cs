using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;
using Akka.Actor;
using AkkaLb.Bench.Load;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (Options.Parse(args) is not { } options)
{
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

// Whoever stops this program stops what it started.
AppDomain.CurrentDomain.ProcessExit += (_, _) => ChildProcess.KillAll();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);

Console.WriteLine($"{Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}, Akka "
    + $"{typeof(ActorSystem).Assembly.GetName().Version}, "
    + $"{(GCSettings.IsServerGC ? "server" : "workstation")} GC, TCP over loopback");
try
{
    if (options.Wants("start"))
    {
        await Starts.RunAsync(options);
    }

    if (options.Wants("kill"))
    {
        await Kills.RunAsync(options);
    }

    if (options.Wants("churn"))
    {
        await Churn.RunAsync(options);
    }

    return 0;
}
finally
{
    ChildProcess.KillAll();
}

static void Leave(PosixSignalContext context)
{
    context.Cancel = true;
    ChildProcess.KillAll();
    Environment.Exit(130);
}
