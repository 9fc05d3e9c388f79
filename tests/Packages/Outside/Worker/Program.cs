using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Remoting;
using AkkaLb.Worker;
using Shop;
using Shop.Worker;

// An application with an actor system of its own, in which one actor is a worker: Shop.Worker HOST:PORT-OF-THE-BALANCER.
var config = ConfigurationFactory.ParseString(
    """
    akka {
      loglevel = WARNING
      actor.provider = remote
      remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
    }
    """);
var system = ActorSystem.Create("Shop", BootstrapSetup.Create().WithConfig(HostSystem.Needs.WithFallback(config)).And(Contract.Messages.ToSetup()));
var stopped = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    stopped.TrySetResult(null);
});

string? trouble;
var options = BalancedWorkerOptions.To("greeter-1", args[0]) with { Messages = Contract.Messages };
await using (var worker = await BalancedWorker.StartAsync(system, Props.Create<Greeter>(), options))
{
    Console.WriteLine("ready");
    trouble = await await Task.WhenAny(worker.Ended, stopped.Task);
}

await system.Terminate();
Console.Error.Write(trouble);
return trouble is null ? 0 : 1;
