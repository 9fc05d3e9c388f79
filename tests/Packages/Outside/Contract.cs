using AkkaLb.Messages;

namespace Shop;

public sealed record Greet(string Name);

public sealed record Greeting(string Text);

/// <summary>What workers and clients say to each other, by the same short names at both ends.</summary>
public static class Contract
{
    public static UserMessages Messages { get; } = new([new("greet", typeof(Greet)), new("greeting", typeof(Greeting))]);
}
