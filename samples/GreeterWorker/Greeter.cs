using Akka.Actor;

namespace AkkaLb.Samples.GreeterWorker;

public sealed record Greet(string Name);

public sealed record Greeting(string Text);

/// <summary>An ordinary actor: it answers its sender and knows nothing of AkkaLb.</summary>
public sealed class Greeter : ReceiveActor
{
    public Greeter() => Receive<Greet>(m => Sender.Tell(new Greeting($"Hello, {m.Name}!")));
}
