using Akka.Actor;
using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Registry;
using AkkaLb.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using static AkkaLb.Hosting.Tests.Shop;

namespace AkkaLb.Hosting.Tests;

/// <summary>The smallest system: balancer, workers and client in the actor system of one application.</summary>
public sealed class OneProcessTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly JobOptions Once = new() { Deadline = Patience };

    private readonly PriceList _prices = new();
    private readonly IHost _host;

    public OneProcessTests() => _host = Build(akka => akka
        .WithAkkaLbBalancer("round-robin")
        .WithAkkaLbWorker<Till>(Worker("till-1"))
        .WithAkkaLbWorker<Till>(Worker("till-2"))
        .WithAkkaLbWorker<OtherTill>(Worker("till-1") with { Service = "other" }, threads: 2));

    private BalancedClient Client => _host.Services.GetRequiredService<BalancedClient>();

    private ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    public Task InitializeAsync() => _host.StartAsync();

    public async Task DisposeAsync()
    {
        _prices.Open();
        await _host.StopAsync();
        _host.Dispose();
    }

    [Fact]
    public async Task Jobs_go_to_the_workers_of_their_service_whose_actors_get_what_they_need_from_the_services()
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(new Costs("milk", 4, nameof(Till)), await Client.AskAsync<Costs>(new PriceOf("milk"), Once));
            Assert.Equal(
                new Costs("tea", 3, nameof(OtherTill)), await Client.AskAsync<Costs>(new PriceOf("tea"), Once with { Service = "other" }));
        }
    }

    [Fact]
    public async Task An_actor_of_the_application_keeps_its_messages_as_they_are()
    {
        var clerk = System.ActorOf(Props.Create(() => new Clerk()), "clerk");
        Assert.Equal(new Receipt("ada", 6), await clerk.Ask<Receipt>(new Order("ada", 3), Patience));
    }

    [Fact]
    public async Task Once_all_are_ready_the_health_checks_say_so()
    {
        await Client.AskAsync<Costs>(new PriceOf("milk"), Once with { Service = "other" });
        var checks = _host.Services.GetRequiredService<HealthCheckService>();
        using var bound = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        HealthReport report;
        do
        {
            await timer.WaitForNextTickAsync(bound.Token);
            report = await checks.CheckHealthAsync(check => check.Tags.Contains("ready") && check.Tags.Contains("akkalb"), bound.Token);
        }
        while (report.Status != HealthStatus.Healthy);

        Assert.Equal(
            ["akkalb-balancer", "akkalb-client", "akkalb-worker-other/till-1", "akkalb-worker-till-1", "akkalb-worker-till-2"],
            report.Entries.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_worker_that_ends_is_started_again_in_the_same_process()
    {
        await Client.AskAsync<Costs>(new PriceOf("tea"), Once with { Service = "other" });
        System.ActorSelection("/user/worker-other.till-1").Tell(PoisonPill.Instance);
        for (var i = 0; i < 20; i++)
        {
            await Client.AskAsync<Costs>(new PriceOf("tea"), Once with { Service = "other", IsIdempotent = true });
        }
    }

    [Fact]
    public async Task A_balancer_that_ends_is_started_again_and_the_workers_are_found_again()
    {
        await Client.AskAsync<Costs>(new PriceOf("tea"), Once);
        System.ActorSelection("/user/balancer").Tell(PoisonPill.Instance);
        for (var i = 0; i < 20; i++)
        {
            await Client.AskAsync<Costs>(new PriceOf("tea"), Once with { IsIdempotent = true });
        }
    }

    [Fact]
    public async Task When_the_application_stops_a_running_job_is_finished_first()
    {
        var job = Client.AskAsync<Costs>(new WaitFor("milk"), Once);
        await _prices.Waiting.WaitAsync(Patience);
        var left = new List<bool>();
        CoordinatedShutdown.Get(System).AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "the job ends while it is waited for", () =>
        {
            _prices.Open();
            return Task.FromResult(Akka.Done.Instance);
        });
        CoordinatedShutdown.Get(System).AddTask(CoordinatedShutdown.PhaseServiceStop, "what comes behind the drain", async () =>
        {
            foreach (var gate in new[] { "worker-default.till-1", "worker-default.till-2", "worker-other.till-1" })
            {
                var answer = await System.ActorSelection($"/user/{gate}").Ask<ActorIdentity>(new Identify(gate), Patience);
                left.Add(answer.Subject is null);
            }

            return Akka.Done.Instance;
        });
        await _host.StopAsync().WaitAsync(Patience);
        Assert.Equal([true, true, true], left);
        Assert.Equal(new Costs("milk", 4, nameof(Till)), await job);
    }

    [Fact]
    public async Task Two_workers_of_one_name_do_not_start_twice()
    {
        using var host = Build(akka => akka.WithAkkaLbWorker<Till>(Worker("a")).WithAkkaLbWorker<Till>(Worker("a")), isWithClient: false);
        var told = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.Equal("the actor system Shop was given two parts of AkkaLb that are called worker-a: give one of them another id", told.Message);
    }

    private static BalancedWorkerOptions Worker(string id) => new() { Id = id, Balancers = FixedBalancers.Own, RejectLinger = TimeSpan.Zero };

    private IHost Build(Action<AkkaConfigurationBuilder> more, bool isWithClient = true)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton(_prices);
        builder.Services.AddAkka("Shop", akka => more(akka
            .AsShop()));
        if (isWithClient)
        {
            builder.AddAkkaLbClient("shop", client => client.Balancers = FixedBalancers.Own);
        }

        return builder.Build();
    }
}
