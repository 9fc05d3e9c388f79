using System.Net;
using Akka;
using Akka.Actor;
using Akka.Http.Dsl;
using Akka.Management.Dsl;
using Ceen.Httpd;

namespace AkkaLb.Samples.ClusterBootstrap;

/// <summary>Serves the routes of Akka.Management, where the nodes of a cluster that forms ask each other.</summary>
/// <remarks>In place of <c>AkkaManagement.Start</c>. That was built for Ceen.Httpd 0.9.9 and calls a method which 0.9.10 does not have any more; this
/// is built with the version that is there.</remarks>
public static class ManagementEndpoint
{
    /// <summary>Listens where <c>akka.management.http</c> says, an IP address, until the actor system shuts down.</summary>
    public static void Start(ActorSystem system)
    {
        var management = AkkaManagement.Get(system);
        var (host, port) = (management.Settings.Http.EffectiveBindHostname, management.Settings.Http.EffectiveBindPort);
        var stop = new CancellationTokenSource();
        var serving = HttpServer.ListenAsync(
            new IPEndPoint(IPAddress.Parse(host), port), false,
            new ServerConfig { Router = new AkkaRouter(system, management.Routes()) }, stop.Token);
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeClusterShutdown, "management-endpoint", async () =>
        {
            await stop.CancelAsync();
            await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.Dispose();
            return Done.Instance;
        });
    }
}
