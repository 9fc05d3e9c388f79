using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Tools.Client;
using AkkaLb.Clusters;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes.Singleton;

/// <summary>One deciding balancer follows another; clients know all balancers, or any one of them as Akka's receptionist.</summary>
public sealed class HandOverTests(ITestOutputHelper output)
{
    [Fact]
    public async Task When_the_deciding_balancer_stops_or_is_killed_another_takes_over_and_no_job_is_lost_also_through_receptionists()
    {
        await using var stage = await SingletonStage.StartAsync(output);
        var (first, term) = (stage.Active, stage.Askers.Seen[^1].Term);
        var standBy = stage.Balancers.First(b => b != first).Address;
        Assert.Equal(term, (await AskThroughReceptionistAsync(standBy)).Term);
        var (load, through) = (await stage.StartLoadAsync(15), await stage.StartLoadAsync(15, "--contact", "receptionist"));

        var from = Stopwatch.GetTimestamp();
        first.Process.Signal(Signals.Terminate);
        var next = await stage.NextTermAsync("SIGTERM", from, term);
        Assert.NotEqual(first.Address, next.From);
        Assert.Equal(0, (await first.Process.EndedAsync(SingletonStage.EndBound)).ExitCode);

        from = Stopwatch.GetTimestamp();
        stage.Balancers.Single(b => b.Address == next.From).Process.Signal(Signals.Kill);
        var last = await stage.NextTermAsync("kill -9", from, next.Term);

        Assert.DoesNotContain(last.From, new[] { first.Address, next.From });
        await stage.EndOfLoadAsync("SIGTERM and kill -9", load);
        await stage.EndOfLoadAsync("SIGTERM and kill -9, clients through receptionists", through);
        stage.Print($"{stage.Askers}");
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
