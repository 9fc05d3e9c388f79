using Shop;

var builder = WebApplication.CreateBuilder(args);
builder.UseOrleansClient(client => client.UseLocalhostClustering());

var app = builder.Build();
app.MapGet("/greet/{name}", async (string name, IClusterClient shop) => (await shop.GetGrain<IGreeter>("any").GreetAsync(name)).Text);
await app.RunAsync();
