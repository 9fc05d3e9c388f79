using Akka.Actor;
using AkkaLb.Messages;
using AkkaLb.Samples.GreeterWorker;
using AkkaLb.Testing;

// Beside the samples, whose own greetings would be meant otherwise.
namespace Shop.Tests;

/// <summary>An actor is tested as a worker.</summary>
public sealed class GreeterTests
{
    // <test>
    [Fact]
    public async Task The_greeter_greets()
    {
        await using var lb = await TestLoadBalancer.StartAsync(new UserMessages([new("greet", typeof(Greet)), new("greeting", typeof(Greeting))]));
        await lb.AddWorkerAsync(Props.Create<Greeter>());
        Assert.Equal(new Greeting("Hello, World!"), await lb.Client.AskAsync<Greeting>(new Greet("World")));
    }
    // </test>
}
