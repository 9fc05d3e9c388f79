using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shop;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton(new Salutation("Hello"));
builder.UseOrleans(silo => silo.UseLocalhostClustering());
await builder.Build().RunAsync();

public sealed class Greeter(Salutation salutation) : Grain, IGreeter
{
    public Task<Greeting> GreetAsync(string name) => Task.FromResult(new Greeting($"{salutation.Word}, {name}!"));
}
