using AkkaLb.Client;
using Shop;
using Shop.Api;

// A web application that sends jobs: Shop.Api --balancer HOST:PORT.
var builder = WebApplication.CreateBuilder(args);
var balancer = builder.Configuration["balancer"] ?? throw new InvalidOperationException("say --balancer HOST:PORT");
await using var client = await BalancedClient.ConnectAsync(BalancedClientOptions.To(balancer) with { Messages = Contract.Messages });
builder.Services.AddSingleton(client);
builder.Services.AddHealthChecks().AddCheck<BalancerCheck>("balancer");

var app = builder.Build();
app.MapGet("/greet/{name}", async (string name, BalancedClient jobs, CancellationToken aborted) =>
    (await jobs.AskAsync<Greeting>(new Greet(name), cancellationToken: aborted)).Text);
app.MapHealthChecks("/health");
await app.RunAsync();
