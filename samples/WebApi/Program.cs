using AkkaLb.Client;
using AkkaLb.Hosting;
using AkkaLb.Samples;
using AkkaLb.Samples.WebApi;

// <client>
var builder = WebApplication.CreateBuilder(args);
// In appsettings.json: "ConnectionStrings": { "studio": "127.0.0.1:4053" }
builder.AddAkkaLbClient("studio", client => client.Messages = Contract.Messages);
// </client>
builder.Services.AddOpenApi();
builder.Services.AddProblemDetails();
builder.Services.AddExceptionHandler<JobProblems>();
// <client>

var app = builder.Build();
// </client>
app.UseExceptionHandler();
app.MapOpenApi();
app.MapHealthChecks("/health/live", new() { Predicate = _ => false });                                // the process is there
app.MapHealthChecks("/health/ready", new() { Predicate = check => check.Tags.Contains("ready") });    // its client has a balancer
// <client>
var deadline = app.Configuration.GetValue("Films:Deadline", TimeSpan.FromMinutes(1));
var films = app.MapPost("/films", (Render render, BalancedClient client, CancellationToken aborted) =>
    client.AskAsync<Film>(render, new JobOptions { Deadline = deadline }, aborted));
// </client>
films.ProducesProblem(StatusCodes.Status502BadGateway);
films.ProducesProblem(StatusCodes.Status503ServiceUnavailable);
films.ProducesProblem(StatusCodes.Status504GatewayTimeout);
await app.RunAsync();
