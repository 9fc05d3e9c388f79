using Akka.Hosting;
using AkkaLb.Hosting;
using AkkaLb.Samples;
using AkkaLb.Samples.ClusterApp;
using AkkaLb.Worker;

// <cluster>
var builder = Host.CreateApplicationBuilder(args);
var settings = builder.Configuration;
if ((settings["id"], settings["port"], settings["seed"], settings.GetConnectionString("shop"))
    is not ({ Length: > 0 } id, { Length: > 0 } port, { Length: > 0 } seed, { Length: > 0 } shop))
{
    Console.Error.WriteLine("usage: ClusterApp --id NAME --port PORT --seed PORT --ConnectionStrings:shop HOST:PORT-OF-THE-BALANCER");
    return 2;
}

var cluster = $$"""
    akka {
      actor.provider = cluster
      remote.dot-netty.tcp { hostname = 127.0.0.1, port = {{port}} }
      cluster.seed-nodes = ["akka.tcp://Shop@127.0.0.1:{{seed}}"]
    }
    """;
builder.Services.AddAkka("Shop", akka => akka
    .AddHocon(cluster, HoconAddMode.Prepend)
    .WithCustomSerializer("orders", [typeof(Order), typeof(Receipt)], system => new OrderSerializer(system))
    .WithActors((system, registry) => registry.Register<OrderBook>(OrderBooks.StartSingleton(system)))
    .WithAkkaLb(Contract.Messages)                                                 // AkkaLb
    .WithAkkaLbWorker<Greeter>(BalancedWorkerOptions.To(id, shop)));               // AkkaLb
builder.AddAkkaLbClient("shop", client => client.Messages = Contract.Messages);    // AkkaLb
// </cluster>
builder.Services.AddSingleton(new Node(id));
builder.Services.AddHostedService<Till>();
await builder.Build().RunAsync();
return 0;
