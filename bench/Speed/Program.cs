using System.Runtime.InteropServices;
using AkkaLb.Bench.Load;
using AkkaLb.Bench.Speed;

switch (args)
{
    case ["serve", Node.DotNetty or Node.Pipelines]:
        await Node.ServeAsync(args[1]);
        return 0;
    case ["drive", Node.DotNetty or Node.Pipelines, var server]:
        await Node.DriveAsync(args[1], server);
        return 0;
    case ["serve", RawSocket.Name]:
        await RawSocket.ServeAsync();
        return 0;
    case ["drive", RawSocket.Name, var server]:
        await RawSocket.DriveAsync(server);
        return 0;
}

if (args.Contains("--help"))
{
    Console.WriteLine(Options.Usage);
    return 0;
}

// Whoever stops this program stops what it started.
var isLeaving = false;
AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);
try
{
    var options = Options.Parse(args);
    if (options.WantsContest)
    {
        await Contest.RunAsync(options);
    }

    if (options.WantsMembers)
    {
        await ManyMembers.RunAsync();
    }

    return 0;
}
catch (OptionsException e)
{
    Console.Error.WriteLine($"{e.Message}; --help tells what is possible");
    return 2;
}
catch (Exception) when (Volatile.Read(ref isLeaving))
{
    // The processes were ended under it.
    return 130;
}
catch (InvalidOperationException e)
{
    Console.Error.WriteLine($"broken off: {e.Message}");
    return 1;
}
finally
{
    EndAll();
}

static void EndAll()
{
    ManyMembers.Kill();
    ChildProcess.KillAll();
}

void Leave(PosixSignalContext context)
{
    context.Cancel = true;
    Volatile.Write(ref isLeaving, true);
    Environment.Exit(130);
}
