using System.Globalization;
using System.Runtime.InteropServices;
using AkkaLb.Bench.Etcd;
using AkkaLb.Bench.Load;
using AkkaLb.Tests.Support.Etcd;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var outages = args is [OutageOptions.Command, ..] ? OutageOptions.Parse(args.AsSpan(1)) : null;
var options = args is [OutageOptions.Command, ..] ? null : Options.Parse(args);
if (outages is null && options is null)
{
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

// Whoever stops this program stops what it started; etcd sees to that by itself.
AppDomain.CurrentDomain.ProcessExit += (_, _) => ChildProcess.KillAll();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);

try
{
    await using (var etcd = await EtcdProcess.StartAsync())
    {
        var version = (await etcd.Etcdctl("version")).Split('\n')[0];
        Console.WriteLine($"{Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}, {version}, one node, everything on "
            + $"loopback");
    }

    if (outages is not null)
    {
        return await Outages.RunAsync(outages) ? 0 : 1;
    }

    if (options!.Wants("kill"))
    {
        await Expiries.RunAsync(options);
    }

    if (options.Wants("fleet"))
    {
        await Fleet.RunAsync(options);
    }

    if (options.Wants("members"))
    {
        await Members.RunAsync(options);
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
    Environment.Exit(130);
}
