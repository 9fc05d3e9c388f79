using System.Globalization;
using Akka.Configuration;
using Akka.Discovery.KubernetesApi;
using Akka.Hosting;
using Akka.Management;
using Akka.Management.Cluster.Bootstrap;
using AkkaLb.Hosting;
using AkkaLb.Messages;
using AkkaLb.Registry.Discovery;
using AkkaLb.Samples.ClusterBootstrap;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

if (args is not [var file, var id, var host, var remoting, var management])
{
    Console.Error.WriteLine("usage: HOCON-FILE NODE-ID HOST REMOTING-PORT MANAGEMENT-PORT, say: loopback.hocon node-1 127.0.0.1 4061 8561");
    return 2;
}

var config = ConfigurationFactory.ParseString(await File.ReadAllTextAsync(file));
var balancers = new DiscoveredBalancers(config.GetString("sample.balancers.service"))
{
    System = "Sample",
    PortName = config.GetString("sample.balancers.port-name", null),
};
var messages = new UserMessages([new("greet", typeof(Greet)), new("greeting", typeof(Greeting))]);
var builder = Host.CreateApplicationBuilder();
builder.Services.AddSingleton(new Node(id));
builder.Services.AddAkka("Sample", akka => akka
    .AddHocon(config, HoconAddMode.Prepend)
    .AddHocon(KubernetesDiscovery.DefaultConfiguration(), HoconAddMode.Append)
    .AddHocon($$"""
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp { hostname = "{{host}}", port = {{remoting}} }
        """, HoconAddMode.Prepend)
    .WithAkkaManagement(host, int.Parse(management, CultureInfo.InvariantCulture))
    .WithClusterBootstrap(autoStart: false)
    .AddStartup(async (system, _) =>
    {
        ManagementEndpoint.Start(system);
        await ClusterBootstrap.Get(system).Start();
    })
    .WithAkkaLb(messages)
    .WithAkkaLbBalancer("random")
    .WithAkkaLbWorker<Greeter>(new() { Id = id, Balancers = balancers }));
builder.AddAkkaLbClient("greetings", client => (client.Balancers, client.Messages) = (balancers, messages));
builder.Services.AddHostedService<Greetings>();
await builder.Build().RunAsync();
return 0;
