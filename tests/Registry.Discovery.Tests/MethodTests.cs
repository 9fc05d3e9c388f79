using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Akka.Discovery.KubernetesApi;
using AkkaLb.Discovery.Etcd;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Discovery.Tests;

/// <summary>Methods of Akka.Discovery as they are.</summary>
public sealed class MethodTests : IAsyncLifetime
{
    private static readonly DiscoveredBalancers Quick = new("sample")
    {
        System = "Shop", PortName = "remoting", Interval = TimeSpan.FromMilliseconds(100), Timeout = TimeSpan.FromSeconds(20),
    };

    private readonly List<ActorSystem> _systems = [];
    private readonly CancellationToken _bound = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Task.WhenAll(_systems.Select(s => s.Terminate()));

    [Fact]
    public async Task The_method_config_names_those_of_the_configuration()
    {
        var system = System("""
            akka.discovery { method = config, config.services.sample.endpoints = ["a.example:1", "127.0.0.1:2"] }
            """);
        Assert.Equal(
            ["akka.tcp://Shop@127.0.0.1:2", "akka.tcp://Shop@a.example:1"],
            (await Quick.In(system).ReadOnceAsync(_bound)).Select(a => a.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_service_of_our_own_method_is_followed()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        var system = System($$"""
            akka.discovery { method = etcd, etcd.endpoints = "{{etcd.Endpoint}}" }
            """);
        var services = EtcdDiscovery.Get(system).Services;
        var told = Channel.CreateUnbounded<Watched<Address>>();
        await using var subscription = Quick.In(system).Subscribe(news => told.Writer.TryWrite(news));
        Assert.Empty(KnownOf(await told.Reader.ReadAsync(_bound)));
        await using var one = services.Register("sample", new ServiceInstance("one", "127.0.0.1", 1), new RegistrationOptions());
        Assert.Equal(["127.0.0.1:1"], KnownOf(await told.Reader.ReadAsync(_bound)));
        await using (services.Register("sample", new ServiceInstance("two", "127.0.0.1", 2), new RegistrationOptions()))
        {
            Assert.Equal(["127.0.0.1:1", "127.0.0.1:2"], KnownOf(await told.Reader.ReadAsync(_bound)));
        }

        Assert.Equal(["127.0.0.1:1"], KnownOf(await told.Reader.ReadAsync(_bound)));
        await one.DisposeAsync();
        Assert.IsType<Watched<Address>.Down>(await told.Reader.ReadAsync(_bound));
    }

    [Fact]
    public void The_method_that_the_sample_names_for_Kubernetes_is_there()
    {
        var system = System(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "kubernetes.hocon")));
        Quick.In(system);
        Assert.IsType<KubernetesApiServiceDiscovery>(Akka.Discovery.Discovery.Get(system).Default);
    }

    [Theory]
    [InlineData("akka.discovery.method = carrier-pigeon", null, "akka.discovery.method")]
    [InlineData("akka.discovery.method = config", "carrier-pigeon", "akka.discovery.carrier-pigeon")]
    public void A_method_that_the_configuration_does_not_have_is_refused_at_once(string hocon, string? method, string path)
    {
        var e = Assert.Throws<ArgumentException>(() => (Quick with { Method = method }).In(System(hocon)));
        Assert.StartsWith($"the actor system Sample cannot look balancers up: {path}: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_are_unfit_are_named_together()
    {
        var wrong = new DiscoveredBalancers(" ") { Port = 0, System = "a/b", Interval = TimeSpan.Zero };
        var e = Assert.Throws<ArgumentException>(() => wrong.In(System("akka.discovery.method = config")));
        Assert.All(["Service", "Port 0", "System \"a/b\"", "Interval"], part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
    }

    private ActorSystem System(string hocon)
    {
        var quiet = ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }");
        var system = ActorSystem.Create(
            "Sample", ConfigurationFactory.ParseString(hocon).WithFallback(quiet)
                .WithFallback(EtcdDiscovery.DefaultConfig()).WithFallback(KubernetesDiscovery.DefaultConfiguration()));
        _systems.Add(system);
        return system;
    }

    private static IEnumerable<string> KnownOf(Watched<Address> told) => Assert.IsType<Watched<Address>.Known>(told).All.Select(NodeAddress.Text);
}
