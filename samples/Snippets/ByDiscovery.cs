using Akka.Actor;
using Akka.Configuration;
using Akka.Discovery.KubernetesApi;
using AkkaLb.Client;
using AkkaLb.Hosting;
using AkkaLb.Registry.Discovery;
using AkkaLb.Samples.GreeterWorker;
using AkkaLb.Worker;
using Microsoft.Extensions.Hosting;

namespace Snippets;

/// <summary>AkkaLb.Registry.Discovery.</summary>
internal static class ByDiscovery
{
    public static async Task WithoutAHostAsync(ActorSystem system)
    {
        // <discovered>
        var balancers = new DiscoveredBalancers("shop") { System = "Shop", PortName = "remoting" };
        await using var client = BalancedClient.On(system, new BalancedClientOptions { Balancers = balancers });
        await using var worker = await BalancedWorker.StartAsync(
            system, Props.Create<Greeter>(), new BalancedWorkerOptions { Id = "greeter-1", Balancers = balancers });
        // </discovered>
    }

    public static void InAHost(HostApplicationBuilder builder)
    {
        // <discovered-client>
        builder.AddAkkaLbClient("shop", client =>
        {
            client.Balancers = new DiscoveredBalancers("shop") { System = "Shop", PortName = "remoting" };
            client.AkkaConfig = ConfigurationFactory.ParseString("akka.discovery.method = kubernetes-api")
                .WithFallback(KubernetesDiscovery.DefaultConfiguration());
        });
        // </discovered-client>
    }
}
