using Grpc.Core;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Shop;

var builder = WebApplication.CreateBuilder(args);
var addresses = builder.Configuration.GetConnectionString("shop")!.Split(',').Select(a => a.Split(':'));
builder.Services.AddSingleton<ResolverFactory>(
    new StaticResolverFactory(_ => addresses.Select(a => new BalancerAddress(a[0], int.Parse(a[1])))));
builder.Services.AddGrpcClient<Greeter.GreeterClient>(client => client.Address = new Uri("static:///shop"))
    .ConfigureChannel(channel =>
    {
        channel.Credentials = ChannelCredentials.Insecure;
        channel.ServiceConfig = new ServiceConfig
        {
            LoadBalancingConfigs = { new RoundRobinConfig() },
            MethodConfigs =
            {
                new MethodConfig
                {
                    Names = { MethodName.Default },
                    RetryPolicy = new RetryPolicy
                    {
                        MaxAttempts = 5,
                        InitialBackoff = TimeSpan.FromMilliseconds(10),
                        MaxBackoff = TimeSpan.FromSeconds(1),
                        BackoffMultiplier = 2,
                        RetryableStatusCodes = { StatusCode.Unavailable },
                    },
                },
            },
        };
    });

var app = builder.Build();
app.MapGet("/greet/{name}", async (string name, Greeter.GreeterClient shop, CancellationToken aborted) =>
    (await shop.GreetOneAsync(new Greet { Name = name }, cancellationToken: aborted)).Text);
await app.RunAsync();
