var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(new Salutation("Hello"));

var app = builder.Build();
app.MapGet("/greet/{name}", (string name, Salutation salutation) => $"{salutation.Word}, {name}!");
await app.RunAsync();

public sealed record Salutation(string Word);
