using Akka.Actor;
using Akka.Cluster;
using Akka.Hosting;
using AkkaLb.Client;

namespace AkkaLb.Samples.ClusterApp;

/// <summary>When its node is in the cluster it places an order with the singleton, and prints the receipt with a greeting that a worker
/// makes.</summary>
internal sealed class Till(Node node, ActorSystem system, IRequiredActor<OrderBook> orders, BalancedClient client) : BackgroundService
{
    private static readonly TimeSpan ReceiptMax = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var book = await orders.GetAsync(stoppingToken);
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Cluster.Get(system).RegisterOnMemberUp(up.SetResult);
        await up.Task.WaitAsync(stoppingToken);
        var receipt = await book.Ask<Receipt>(new Order(node.Id), ReceiptMax, stoppingToken);
        var greeting = await client.AskAsync<Greeting>(new Greet(receipt.Customer), cancellationToken: stoppingToken);   // AkkaLb
        Console.WriteLine($"order {receipt.Number}: {greeting.Text}");
    }
}

/// <summary>One process of the application.</summary>
/// <param name="Id">Its name; no other node has it.</param>
internal sealed record Node(string Id);
