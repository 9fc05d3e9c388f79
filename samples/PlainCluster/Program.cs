using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using AkkaLb.Samples.PlainCluster;

if (args is not [var port, var seeds, .. var rest] || rest is not ([] or ["--transport", "pipelines" or "dot-netty"]))
{
    Console.Error.WriteLine("usage: PlainCluster PORT SEED-PORT,... [--transport pipelines|dot-netty], say: 4071 4071,4072,4073");
    return 2;
}

string[] files = rest is [_, "dot-netty"] ? ["cluster.hocon"] : ["pipelines.hocon", "cluster.hocon"];
var addresses = string.Join(", ", seeds.Split(',').Select(seed => $"\"akka.tcp://Plain@127.0.0.1:{seed}\""));
var config = files.Select(file => ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, file))))
    .Aggregate(
        ConfigurationFactory.ParseString($"akka {{ remote.dot-netty.tcp.port = {port}, cluster.seed-nodes = [{addresses}] }}"),
        (above, file) => above.WithFallback(file));
using var system = ActorSystem.Create("Plain", config);
var counter = Counters.StartSingleton(system);
Console.WriteLine($"transport: {system.Settings.Config.GetString("akka.remote.dot-netty.tcp.transport-class")}");

// Ctrl-C and SIGTERM: the node leaves the cluster, the singleton moves, then the actor system ends.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);
using var every = new PeriodicTimer(TimeSpan.FromSeconds(1));
_ = system.WhenTerminated.ContinueWith(_ => every.Dispose(), TaskScheduler.Default);
while (await every.WaitForNextTickAsync())
{
    var nodes = Cluster.Get(system).State.Members.Count(m => m.Status == MemberStatus.Up);
    try
    {
        Console.WriteLine($"nodes: {nodes}. {await counter.Ask<string>("count", TimeSpan.FromSeconds(3))}");
    }
    catch (Exception e) when (e is AskTimeoutException or TaskCanceledException)
    {
        Console.WriteLine($"nodes: {nodes}. The counter does not answer.");
    }
}

// Whoever is on the losing side of a split ends too, and should be started again.
return CoordinatedShutdown.Get(system).ShutdownReason is CoordinatedShutdown.ClrExitReason ? 0 : 1;

void Leave(PosixSignalContext signal)
{
    signal.Cancel = true;
    _ = CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance);
}
