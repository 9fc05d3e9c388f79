using Akka.Actor;
using Akka.Cluster;
using AkkaLb.Client;
using Microsoft.Extensions.Hosting;

namespace AkkaLb.Samples.ClusterBootstrap;

/// <summary>Has a job done each second, and prints what came back beside the number of nodes in the cluster.</summary>
public sealed class Greetings(Node node, ActorSystem system, BalancedClient client) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var every = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await every.WaitForNextTickAsync(stoppingToken))
        {
            var nodes = Cluster.Get(system).State.Members.Count(m => m.Status == MemberStatus.Up);
            try
            {
                var greeting = await client.AskAsync<Greeting>(new Greet(node.Id), cancellationToken: stoppingToken);
                Console.WriteLine($"nodes: {nodes}. {greeting.Text}");
            }
            catch (JobFailedException e)
            {
                Console.WriteLine($"nodes: {nodes}. No greeting: {e.Message}");
            }
        }
    }
}
