using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Tools.Client;
using AkkaLb.Messages;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes.Singleton;

/// <summary>Clients that know any balancer of a cluster, whichever decides.</summary>
public sealed class ReceptionistTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Clients_outside_the_cluster_get_to_the_deciding_balancer_through_any_receptionist()
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var (active, term) = (stage.Active, stage.Askers.Seen[^1].Term);
        var standBy = stage.Balancers.First(b => b != active).Address;

        Assert.Equal(term, (await AskThroughReceptionistAsync(standBy)).Term);

        var load = await stage.StartLoadAsync(12, "--contact", "receptionist");
        var from = Stopwatch.GetTimestamp();
        active.Process.Signal(Signals.Kill);
        await stage.FollowAsync("kill -9, clients through receptionists", from, term, load);
        stage.Askers.AssertOneAtATime();
    }

    /// <summary>As any Akka application would, with Akka's own cluster client.</summary>
    private static async Task<Assigned> AskThroughReceptionistAsync(string contact)
    {
        using var system = ActorSystem.Create(
            SystemConfig.SystemName,
            ClusterConfig.ClientSerialization
                .WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF")
                .WithFallback(ClusterConfig.ClientDefaults)
                .WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));
        var receptionist = ActorPath.Parse($"akka.tcp://{SystemConfig.SystemName}@{contact}/system/receptionist");
        var client = system.ActorOf(ClusterClient.Props(ClusterClientSettings.Create(system).WithInitialContacts([receptionist])));
        var question = new ClusterClient.Send("/user/balancer", new Assign(7, 1, [], null, TimeSpan.FromSeconds(5)), localAffinity: true);
        using var end = new CancellationTokenSource(SingletonStage.EndBound);
        while (true)
        {
            end.Token.ThrowIfCancellationRequested();
            try
            {
                // Until the client has found the receptionist, what it is told is dropped.
                if (await client.Ask<object>(question, TimeSpan.FromSeconds(2)) is Assigned assigned)
                {
                    await system.Terminate();
                    return assigned;
                }
            }
            catch (AskTimeoutException)
            {
            }
        }
    }
}
