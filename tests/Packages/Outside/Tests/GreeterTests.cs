using Akka.Actor;
using AkkaLb.Testing;
using Shop.Worker;
using Xunit;

namespace Shop.Tests;

public sealed class GreeterTests
{
    [Fact]
    public async Task The_greeter_greets_as_a_worker()
    {
        await using var lb = await TestLoadBalancer.StartAsync(Contract.Messages);
        await lb.AddWorkerAsync(Props.Create(() => new Greeter(new Salutation("Good morning"))));
        Assert.Equal(new Greeting("Good morning, Ada!"), await lb.Client.AskAsync<Greeting>(new Greet("Ada")));
    }
}
