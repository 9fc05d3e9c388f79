using Akka.Actor;

namespace AkkaLb.Samples.ClusterApp;

/// <summary>An actor of the application that becomes a worker.</summary>
internal sealed class Greeter : ReceiveActor
{
    public Greeter() => Receive<Greet>(m => Sender.Tell(new Greeting($"Dear {m.Name}")));
}
