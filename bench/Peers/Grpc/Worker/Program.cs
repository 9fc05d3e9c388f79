using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Shop;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.ConfigureKestrel(server => server.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
builder.Services.AddSingleton(new Salutation("Hello"));
builder.Services.AddGrpc();

var app = builder.Build();
app.MapGrpcService<GreeterService>();
await app.RunAsync();

public sealed class GreeterService(Salutation salutation) : Greeter.GreeterBase
{
    public override Task<Greeting> GreetOne(Greet request, ServerCallContext context) =>
        Task.FromResult(new Greeting { Text = $"{salutation.Word}, {request.Name}!" });
}

public sealed record Salutation(string Word);
