using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaLb.Hosting;
using AkkaLb.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shop;
using Shop.Worker;

// An application with an actor system of its own, in which one actor is a worker: Shop.Worker --balancer HOST:PORT.
var builder = Host.CreateApplicationBuilder(args);
var balancer = builder.Configuration["balancer"] ?? throw new InvalidOperationException("say --balancer HOST:PORT");
builder.Services.AddSingleton(new Salutation("Hello"));
builder.Services.AddAkka("Shop", akka => akka
    .WithRemoting("127.0.0.1", 0)
    .WithAkkaLb(Contract.Messages)
    .WithAkkaLbWorker<Greeter>(BalancedWorkerOptions.To("greeter-1", balancer)));
await builder.Build().RunAsync();
