using Akka.Actor;

namespace Shop.Worker;

/// <summary>An ordinary actor: it answers its sender and knows nothing of AkkaLb.</summary>
public sealed class Greeter : ReceiveActor
{
    public Greeter() => Receive<Greet>(m => Sender.Tell(new Greeting($"Hello, {m.Name}!")));
}
