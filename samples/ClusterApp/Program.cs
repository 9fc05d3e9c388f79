using Akka.Hosting;
using AkkaLb.Hosting;
using AkkaLb.Samples;
using AkkaLb.Samples.ClusterApp;
using AkkaLb.Worker;

// ClusterApp --id NAME --port PORT --seed PORT --ConnectionStrings:shop HOST:PORT-OF-THE-BALANCER
var builder = Host.CreateApplicationBuilder(args);
var settings = builder.Configuration;
var cluster = $$"""
    akka {
      actor.provider = cluster
      remote.dot-netty.tcp { hostname = 127.0.0.1, port = {{settings["port"]}} }
      cluster.seed-nodes = ["akka.tcp://Shop@127.0.0.1:{{settings["seed"]}}"]
    }
    """;
// <cluster>
builder.Services.AddAkka("Shop", akka => akka
    .AddHocon(cluster, HoconAddMode.Prepend)
    .WithCustomSerializer("orders", [typeof(Order), typeof(Receipt)], system => new OrderSerializer(system))
    .WithActors((system, registry) => registry.Register<OrderBook>(OrderBooks.StartSingleton(system)))
    .WithAkkaLb(Contract.Messages)                                                                                    // AkkaLb
    .WithAkkaLbWorker<Greeter>(BalancedWorkerOptions.To(settings["id"]!, settings.GetConnectionString("shop")!)));    // AkkaLb
builder.AddAkkaLbClient("shop", client => client.Messages = Contract.Messages);                                       // AkkaLb
// </cluster>
builder.Services.AddHostedService<Till>();
await builder.Build().RunAsync();
