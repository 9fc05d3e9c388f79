using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Client;
using AkkaLb.Hosting;
using AkkaLb.Messages;
using AkkaLb.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AkkaLb.Registry.Discovery.Tests;

public sealed class HostedClientTests
{
    private static readonly UserMessages Messages = new([new("number", typeof(Number))]);

    [Fact]
    public async Task A_client_in_an_application_without_actors_finds_balancers_by_a_method_of_its_settings()
    {
        await using var balancer = await TestLoadBalancer.StartAsync(Messages);
        await balancer.AddWorkerAsync(Props.Create(() => new Doubler()));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.AddAkkaLbClient("shop", client =>
        {
            client.Messages = Messages;
            client.Balancers = new DiscoveredBalancers("shop") { System = balancer.Address.System };
            client.AkkaConfig = ConfigurationFactory.ParseString($$"""
                akka.discovery { method = config, config.services.shop.endpoints = ["{{balancer.Address.Host}}:{{balancer.Address.Port}}"] }
                """);
        });
        await using var application = builder.Build();
        var doubled = await application.Services.GetRequiredService<BalancedClient>().AskAsync<Number>(new Number(21));
        Assert.Equal(42, doubled.Value);
    }

    [Fact]
    public void A_client_whose_system_has_no_such_method_is_not_made()
    {
        var options = new BalancedClientOptions { Balancers = new DiscoveredBalancers("shop") { Method = "carrier-pigeon" } };
        var e = Assert.Throws<ArgumentException>(() => BalancedClient.Create(options));
        Assert.Contains("akka.discovery.carrier-pigeon", e.Message, StringComparison.Ordinal);
    }

    private sealed record Number(int Value);

    private sealed class Doubler : ReceiveActor
    {
        public Doubler() => Receive<Number>(m => Sender.Tell(new Number(2 * m.Value)));
    }
}
