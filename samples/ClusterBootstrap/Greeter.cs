using Akka.Actor;

namespace AkkaLb.Samples.ClusterBootstrap;

public sealed record Greet(string Name);

public sealed record Greeting(string Text);

/// <summary>An ordinary actor that says where it lives.</summary>
public sealed class Greeter : ReceiveActor
{
    public Greeter(Node node) => Receive<Greet>(m => Sender.Tell(new Greeting($"Hello, {m.Name}, from {node.Id}!")));
}

/// <summary>One process of the application.</summary>
/// <param name="Id">Its name; no other node has it.</param>
public sealed record Node(string Id);
