using Akka.Actor;

namespace AkkaLb.Samples.GreeterWorker;

// <greeter>
public sealed record Greet(string Name);

public sealed record Greeting(string Text);

// </greeter>
/// <summary>An ordinary actor: it answers its sender and knows nothing of AkkaLb.</summary>
// <greeter>
public sealed class Greeter : ReceiveActor
{
    public Greeter() => Receive<Greet>(m => Sender.Tell(new Greeting($"Hello, {m.Name}!")));
}
// </greeter>
