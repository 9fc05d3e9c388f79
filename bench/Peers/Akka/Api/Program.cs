using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Tools.Client;
using Akka.Hosting;
using Akka.Remote.Hosting;
using Shop;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAkka("Api", akka => akka
    .WithRemoting("127.0.0.1", 0)
    .WithClusterClient<Receptionist>([new RootActorPath(Address.Parse("akka.tcp://Shop@127.0.0.1:5110")) / "system" / "receptionist"]));

var app = builder.Build();
app.MapGet("/greet/{name}", async (string name, IRequiredActor<Receptionist> shop, CancellationToken aborted) =>
    (await shop.ActorRef.Ask<Greeting>(new ClusterClient.Send("/user/greeter", new Greet(name)), TimeSpan.FromSeconds(5), aborted)).Text);
await app.RunAsync();

public sealed class Receptionist;
