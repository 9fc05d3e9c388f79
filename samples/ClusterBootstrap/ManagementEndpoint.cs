using System.Net;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Http.Dsl;
using Akka.Management.Dsl;
using Ceen.Httpd;

namespace AkkaLb.Samples.ClusterBootstrap;

/// <summary>Serves the routes of Akka.Management, where the nodes of a cluster that forms ask each other.</summary>
/// <remarks>In place of <c>AkkaManagement.Start</c>. That was built for Ceen.Httpd 0.9.9 and calls a method which 0.9.10 does not have any more; this
/// is built with the version that is there.</remarks>
public static class ManagementEndpoint
{
    /// <summary>So often is it tried to listen, with a pause of 2 s: the port of a node that was killed is free again after a minute.</summary>
    private const int TriesMax = 45;

    /// <summary>Listens where <c>akka.management.http</c> says, an IP address, until the actor system shuts down. Where that cannot be done it shuts
    /// the actor system down.</summary>
    public static void Start(ActorSystem system)
    {
        var management = AkkaManagement.Get(system);
        var (host, port) = (management.Settings.Http.EffectiveBindHostname, management.Settings.Http.EffectiveBindPort);
        var stop = new CancellationTokenSource();
        var serving = ServeAsync(system, new IPEndPoint(IPAddress.Parse(host), port), new AkkaRouter(system, management.Routes()), stop.Token);
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeClusterShutdown, "management-endpoint", async () =>
        {
            await stop.CancelAsync();
            await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.Dispose();
            return Done.Instance;
        });
    }

    private static async Task ServeAsync(ActorSystem system, IPEndPoint at, AkkaRouter router, CancellationToken stop)
    {
        for (var tries = 1; !stop.IsCancellationRequested; tries++)
        {
            try
            {
                await HttpServer.ListenAsync(at, false, new ServerConfig { Router = router }, stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                if (tries == 1)
                {
                    system.Log.Warning("the management endpoint cannot listen at {0}; retrying: {1}", at, e.GetBaseException().Message);
                }

                if (tries == TriesMax)
                {
                    system.Log.Error("the management endpoint could not listen at {0}: this node ends", at);
                    _ = CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterJoinUnsuccessfulReason.Instance);
                    return;
                }

                await Task.Delay(TimeSpan.FromSeconds(2), stop);
            }
        }
    }
}
