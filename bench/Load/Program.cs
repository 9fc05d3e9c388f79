using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Balancer;
using AkkaLb.Balancing;
using AkkaLb.Bench.Load;
using AkkaLb.BuiltInJobs;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Messages;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is [Server.Verb])
{
    await Server.RunAsync();
    return 0;
}

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
    + $"{(GCSettings.IsServerGC ? "server" : "workstation")} GC in both processes, TCP over loopback");
Console.WriteLine($"slices of {options.Slice.TotalSeconds:0.##} s, {options.Rounds} rounds A/B B/A …; ratios are of the two slices of one round");
try
{
    if (options.Wants("assign") || options.Wants("job"))
    {
        using var server = await ChildProcess.StartAsync(ChildProcess.OwnAssembly, Server.Verb);
        await SideBySideAsync(server);
    }

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

async Task SideBySideAsync(ChildProcess server)
{
    var (serverAt, answerBytes) = (server.Ready[2], int.Parse(server.Ready[3], CultureInfo.InvariantCulture));
    var system = (ExtendedActorSystem)ActorSystem.Create(
        SystemConfig.SystemName,
        BuiltInSerializer.Binding.WithFallback("akka.loglevel = ERROR").WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));
    var compare = new SideBySide(server, options);
    if (options.Wants("assign"))
    {
        var balancer = await FindAsync(BalancerActor.ActorName);
        var echo = await FindAsync(Server.EchoName);
        var requestId = Server.FirstRequestId;
        var remaining = TimeSpan.FromSeconds(60);
        var sample = new Assign(requestId, 1, [], null, remaining);
        var bytes = new byte[Server.SizeOf(system, sample)];
        Console.WriteLine($"question: Assign {bytes.Length} bytes, bare {bytes.Length}; answer: Assigned {answerBytes} bytes, bare "
            + $"{(await echo.Ask<byte[]>(bytes)).Length}");
        Console.WriteLine("beside that Akka's envelope carries the manifests of Assign and Assigned, 3 and 4 bytes; bare byte[] has none");
        await compare.RunAsync(
            "Assign -> Assigned next to a bare remote Ask of the same size",
            "Assign", async () => _ = (Assigned)await balancer.Ask<object>(new Assign(Interlocked.Increment(ref requestId), 1, [], null, remaining)),
            "bare", async () => _ = (byte[])await echo.Ask<object>(bytes));
    }

    if (options.Wants("job"))
    {
        var bare = await FindAsync(Server.BareWorkerName);
        var once = new JobOptions { IsIdempotent = true };
        await using var client = BalancedClient.On(system, BalancedClientOptions.To(serverAt));
        await client.WaitForBalancerAsync(TimeSpan.FromSeconds(10));
        await compare.RunAsync(
            "A job through BalancedClient next to a bare remote Ask of the worker's actor",
            "job", async () => _ = await client.AskAsync<NumberResult>(new PrimesJob(2), once),
            "bare", async () => _ = (NumberResult)await bare.Ask<object>(new PrimesJob(2)));
    }

    await system.Terminate();

    // A complete reference, with uid, as a client's balancer link gets it.
    Task<IActorRef> FindAsync(string name) => system
        .ActorSelection(new RootActorPath(Address.Parse($"akka.tcp://{SystemConfig.SystemName}@{serverAt}")) / "user" / name)
        .ResolveOne(TimeSpan.FromSeconds(10));
}

static void Leave(PosixSignalContext context)
{
    context.Cancel = true;
    ChildProcess.KillAll();
    Environment.Exit(130);
}
