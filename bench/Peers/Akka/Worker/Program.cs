using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Tools.Client;
using Akka.Hosting;
using Akka.Remote.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shop;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton(new Salutation("Hello"));
builder.Services.AddAkka("Shop", akka => akka
    .WithRemoting("127.0.0.1", 5110)
    .WithClustering(new ClusterOptions { SeedNodes = ["akka.tcp://Shop@127.0.0.1:5110"] })
    .WithClusterClientReceptionist()
    .WithActors((system, _, resolver) =>
    {
        var greeter = system.ActorOf(resolver.Props<Greeter>(), "greeter");
        ClusterClientReceptionist.Get(system).RegisterService(greeter);
    }));
await builder.Build().RunAsync();

public sealed class Greeter : ReceiveActor
{
    public Greeter(Salutation salutation) => Receive<Greet>(m => Sender.Tell(new Greeting($"{salutation.Word}, {m.Name}!")));
}
