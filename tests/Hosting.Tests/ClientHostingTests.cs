using Akka.Actor;
using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaLb.Client;
using AkkaLb.Messages;
using AkkaLb.Testing;
using AkkaLb.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using static AkkaLb.Hosting.Tests.Shop;

namespace AkkaLb.Hosting.Tests;

/// <summary>A client in an application that has no actors, and parts that cannot start.</summary>
public sealed class ClientHostingTests
{
    private const string NotYet = "worker-till: it has not started yet";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Named_clients_of_an_application_without_actors_read_its_configuration_and_do_their_jobs()
    {
        await using var lb = await TestLoadBalancer.StartAsync(Shop.Messages);
        await lb.AddWorkerAsync(Props.Create(() => new Till(new PriceList())));
        using var host = Build(
            new() { ["ConnectionStrings:shop"] = $"{lb.Address}", ["AkkaLb:Client:ConnectionString"] = "127.0.0.1:1" },
            builder => builder
                .AddAkkaLbClient("shop", client => client.Messages = Shop.Messages)
                .AddKeyedAkkaLbClient("other", client => (client.Messages, client.ConnectionString) = (Shop.Messages, $"{lb.Address}")));
        await host.StartAsync();
        var clients = new[] { host.Services.GetRequiredService<BalancedClient>(), host.Services.GetRequiredKeyedService<BalancedClient>("other") };
        foreach (var client in clients)
        {
            Assert.Equal(4, (await client.AskAsync<Costs>(new PriceOf("milk"), new JobOptions { Deadline = Patience })).Price);
        }

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(["akkalb-client", "akkalb-client-other"], report.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(HealthStatus.Healthy, report.Status);
        await host.StopAsync();
    }

    [Theory]
    [InlineData("", null, "ConnectionStrings:shop is missing: set it, or AkkaLb:Client:shop:ConnectionString, to the addresses of the balancers")]
    [InlineData("ConnectionStrings:shop", "here", "AkkaLb:Client:shop:ConnectionString = here: \"here\" is neither host:port nor akka.tcp://")]
    [InlineData("AkkaLb:Client:shop:Port", "70000", "Port at AkkaLb:Client:shop or AkkaLb:Client = 70000: must be 0 to 65535")]
    [InlineData("AkkaLb:Client:Port", "many", "AkkaLb:Client:Port")]
    [InlineData("AkkaLb:Client:shop:JobsMax", "0", "JobsMax at AkkaLb:Client:shop or AkkaLb:Client = 0: must be 1 or more")]
    [InlineData("AkkaLb:Client:Zone", "a b", "Zone at AkkaLb:Client:shop or AkkaLb:Client = a b: must be 1 to 64 letters")]
    public void A_setting_that_is_missing_or_unfit_is_named_with_its_path(string key, string? value, string complaint)
    {
        var told = Assert.Throws<InvalidOperationException>(() => Build(new() { [key] = value }, builder => builder.AddAkkaLbClient("shop")));
        Assert.Contains(complaint, told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_balancer_the_application_starts_and_its_health_says_what_is_missing()
    {
        var options = BalancedWorkerOptions.To("till", "127.0.0.1:1");
        var patient = options with { Registration = options.Registration with { Wait = TimeSpan.FromMinutes(10) } };
        using var host = Build(new() { ["ConnectionStrings:shop"] = "127.0.0.1:1" }, builder =>
        {
            builder.AddAkkaLbClient("shop", client => client.Messages = Shop.Messages);
            builder.Services.AddSingleton<PriceList>();
            builder.Services.AddAkka("Shop", akka => akka
                .AsShop()
                .WithAkkaLbWorker<Till>(patient));
        });
        await host.StartAsync();
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.StartsWith("no balancer answered within 0.8 s", report.Entries["akkalb-client"].Description, StringComparison.Ordinal);
        Assert.Equal(NotYet, report.Entries["akkalb-worker-till"].Description);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_worker_whose_balancer_is_gone_is_not_healthy()
    {
        var lb = await TestLoadBalancer.StartAsync(Shop.Messages);
        var options = BalancedWorkerOptions.To("till", $"{lb.Address}");
        var hasty = options with
        {
            RejectLinger = TimeSpan.Zero,
            RequestTimeout = TimeSpan.FromMilliseconds(300),
            Registration = options.Registration with { Ttl = TimeSpan.FromSeconds(1), KeepAliveInterval = TimeSpan.FromMilliseconds(300) },
        };
        using var host = Build([], builder =>
        {
            builder.Services.AddHealthChecks();
            builder.Services.AddSingleton<PriceList>();
            builder.Services.AddAkka("Shop", akka => akka
                .AsShop()
                .WithAkkaLbWorker<Till>(hasty));
        });
        await host.StartAsync();
        Assert.Equal("worker-till is ready", await CheckedAsync(host, HealthStatus.Healthy));
        await lb.DisposeAsync();
        Assert.StartsWith("worker-till: it is not registered: ", await CheckedAsync(host, HealthStatus.Unhealthy), StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_worker_whose_only_thread_is_blocked_is_not_healthy_until_it_is_free()
    {
        await using var lb = await TestLoadBalancer.StartAsync(Shop.Messages);
        var prices = new PriceList();
        using var host = Build(new() { ["ConnectionStrings:shop"] = $"{lb.Address}" }, builder =>
        {
            builder.AddAkkaLbClient("shop");
            builder.Services.AddSingleton(prices);
            builder.Services.AddAkka("Shop", akka => akka
                .AsShop()
                .WithAkkaLbWorker<Till>(BalancedWorkerOptions.To("till", $"{lb.Address}") with { RejectLinger = TimeSpan.Zero }, threads: 1));
        });
        await host.StartAsync();
        await CheckedAsync(host, HealthStatus.Healthy);
        var client = host.Services.GetRequiredService<BalancedClient>();
        await Assert.ThrowsAsync<JobFailedException>(
            () => client.AskAsync<Costs>(new Block("milk"), new JobOptions { Deadline = TimeSpan.FromMilliseconds(500) }));
        Assert.StartsWith("worker-till: ", await CheckedAsync(host, HealthStatus.Unhealthy), StringComparison.Ordinal);
        prices.Open();
        Assert.Equal("worker-till is ready", await CheckedAsync(host, HealthStatus.Healthy));
        await host.StopAsync();
    }

    [Fact]
    public void A_second_client_without_a_name_of_its_own_is_refused() => Assert.Contains(
        "a second client, \"b\", has no name: add it with AddKeyedAkkaLbClient",
        Assert.Throws<InvalidOperationException>(() => Build(
            new() { ["ConnectionStrings:a"] = "127.0.0.1:1", ["ConnectionStrings:b"] = "127.0.0.1:1" },
            builder => builder.AddAkkaLbClient("a").AddAkkaLbClient("b"))).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task Two_lists_of_messages_for_one_actor_system_are_refused()
    {
        using var host = Build([], builder => builder.Services.AddAkka("Shop", akka => akka.WithAkkaLb(Shop.Messages).WithAkkaLb(Shop.Messages)));
        var told = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.Equal("WithAkkaLb was called twice: join the messages with UserMessages.And", told.Message);
    }

    [Fact]
    public async Task An_actor_system_that_cannot_carry_a_worker_is_told_what_it_lacks()
    {
        using var host = Build([], builder => builder.Services.AddAkka("Shop", akka => akka
            .AddHocon("akka { loglevel = OFF, stdout-loglevel = OFF }", HoconAddMode.Prepend)
            .WithAkkaLbWorker<Till>(BalancedWorkerOptions.To("till", "127.0.0.1:1"))));
        var told = await Assert.ThrowsAsync<ArgumentException>(() => host.StartAsync());
        Assert.StartsWith(
            "the actor system Shop cannot carry a worker: it has no remoting (akka.actor.provider is neither remote nor cluster); AkkaLb's messages "
                + "are not bound to their serializer (call WithAkkaLb of AkkaLb.Hosting, or put HostSystem.Needs above its configuration)",
            told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_time_to_drain_is_given_to_the_phase_of_the_shutdown_unless_more_is_set()
    {
        var options = BalancedWorkerOptions.To("till", "127.0.0.1:1") with { DrainTimeout = TimeSpan.FromMinutes(2) };
        Assert.Equal(TimeSpan.FromSeconds(136), await PhaseAsync(akka => akka.WithAkkaLbWorker<Till>(options)));
        const string More = "akka.coordinated-shutdown.phases.service-requests-done.timeout = 300s";
        Assert.Equal(TimeSpan.FromSeconds(300), await PhaseAsync(akka => akka.AddHocon(More, HoconAddMode.Prepend).WithAkkaLbWorker<Till>(options)));

        static async Task<TimeSpan> PhaseAsync(Action<AkkaConfigurationBuilder> more)
        {
            using var host = Build([], builder =>
            {
                builder.Services.AddSingleton<PriceList>();
                builder.Services.AddAkka("Shop", akka => more(akka
                    .AsShop()));
            });
            await host.StartAsync();
            var time = CoordinatedShutdown.Get(host.Services.GetRequiredService<ActorSystem>()).Timeout(CoordinatedShutdown.PhaseServiceRequestsDone);
            await host.StopAsync();
            return time;
        }
    }

    /// <summary>What the check of the worker says, once the application is of this health.</summary>
    private static async Task<string?> CheckedAsync(IHost host, HealthStatus status)
    {
        using var bound = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            await timer.WaitForNextTickAsync(bound.Token);
            var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(bound.Token);
            if (report.Status == status && report.Entries["akkalb-worker-till"].Description is var text && text != NotYet)
            {
                return text;
            }
        }
    }

    private static IHost Build(Dictionary<string, string?> configuration, Action<HostApplicationBuilder> more)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(configuration);
        more(builder);
        return builder.Build();
    }
}
