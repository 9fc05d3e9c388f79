using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaLb.Balancing;
using AkkaLb.Client;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Gate;
using AkkaLb.Core.Policies;
using AkkaLb.Hosting;
using AkkaLb.Registry;
using AkkaLb.Samples;
using AkkaLb.Samples.TwoServices;
using AkkaLb.Worker;

// <services>
var builder = Host.CreateApplicationBuilder(args);
var rules = ServiceRules.All(Policy.Of("round-robin"), BalancerLimits.Default) with
{
    Named = [new("films", new ServiceRule(Policy.Of("first-free"), BalancerLimits.Default))],
};
var one = new GateSettings(capacity: 1, instances: 1, queue: 4);
builder.Services.AddAkka("Studio", akka => akka
    .WithRemoting("127.0.0.1", 0)
    .WithAkkaLb(Contract.Messages)
    .WithAkkaLbBalancer(new EmbeddedBalancerOptions { Rules = rules })
    .WithAkkaLbWorker<Greeter>(new BalancedWorkerOptions { Service = "greetings", Id = "w1", Balancers = FixedBalancers.Own })
    .WithAkkaLbWorker<Renderer>(new BalancedWorkerOptions { Service = "films", Id = "w1", Balancers = FixedBalancers.Own, Gate = one }));
builder.AddAkkaLbClient("studio", client => (client.Balancers, client.Messages) = (FixedBalancers.Own, Contract.Messages));

using var app = builder.Build();
await app.StartAsync();
var client = app.Services.GetRequiredService<BalancedClient>();
var greeting = await client.AskAsync<Greeting>(new Greet("Ada"), new JobOptions { Service = "greetings" });
var film = await client.AskAsync<Film>(new Render("Intro", Frames: 20), new JobOptions { Service = "films" });
// </services>
Console.WriteLine(greeting.Text);
Console.WriteLine($"{film.Title}: {film.Frames} frames");
await app.WaitForShutdownAsync();
