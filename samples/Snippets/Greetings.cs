using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Messages;
using AkkaLb.Samples.GreeterWorker;
using AkkaLb.WorkerNode;

namespace Snippets;

/// <summary>A worker of one's own and its client.</summary>
internal static class Greetings
{
    public static async Task<int> WorkAsync(string[] args)
    {
        // <worker>
        var messages = new UserMessages([new("greet", typeof(Greet)), new("greeting", typeof(Greeting))]);
        return await WorkerHost.RunAsync(args, Props.Create<Greeter>(), messages);   // instances: 1 for an actor that keeps state
        // </worker>
    }

    public static async Task AskAsync(UserMessages messages)
    {
        // <client>
        await using var lb = await BalancedClient.ConnectAsync(BalancedClientOptions.To("127.0.0.1:4053") with { Messages = messages });
        var options = new JobOptions { IsIdempotent = true, Deadline = TimeSpan.FromSeconds(5) };
        var greeting = await lb.AskAsync<Greeting>(new Greet("Ada"), options);
        Console.WriteLine(greeting.Text);
        // </client>
    }
}
