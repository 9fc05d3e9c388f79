using Akka.Actor;

namespace Shop.Worker;

/// <summary>What the service provider has for the actor.</summary>
public sealed record Salutation(string Word);

/// <summary>An ordinary actor: it answers its sender and knows nothing of AkkaLb.</summary>
public sealed class Greeter : ReceiveActor
{
    public Greeter(Salutation salutation) => Receive<Greet>(m => Sender.Tell(new Greeting($"{salutation.Word}, {m.Name}!")));
}
