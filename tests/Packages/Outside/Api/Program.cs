using AkkaLb.Client;
using AkkaLb.Hosting;
using Shop;

// A web application that sends jobs: Shop.Api --ConnectionStrings:shop HOST:PORT-OF-THE-BALANCER. It has no actors of its own.
var builder = WebApplication.CreateBuilder(args);
builder.AddAkkaLbClient("shop", client => client.Messages = Contract.Messages);

var app = builder.Build();
app.MapGet("/greet/{name}", async (string name, BalancedClient jobs, CancellationToken aborted) =>
    (await jobs.AskAsync<Greeting>(new Greet(name), cancellationToken: aborted)).Text);
app.MapHealthChecks("/health");
await app.RunAsync();
