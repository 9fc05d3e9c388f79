using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Discovery;
using Akka.Event;
using Akka.TestKit.Xunit2;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Discovery.Etcd.Tests;

[Collection(EtcdTests.Name)]
public sealed class EtcdServiceDiscoveryTests(EtcdFixture fixture) : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private readonly string _prefix = fixture.NewPrefix();
    private readonly List<ActorSystem> _systems = [];
    private Party _party = null!;

    public Task InitializeAsync()
    {
        _party = new Party(fixture.Etcd, _prefix);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var system in _systems)
        {
            await system.Terminate();
        }

        await _party.DisposeAsync();
    }

    [Theory]
    [InlineData("watch")]
    [InlineData("read")]
    public async Task A_lookup_gives_all_instances_with_host_port_and_known_address(string lookup)
    {
        var discovery = MethodOf(Start($"lookup = {lookup}"));
        Assert.Empty((await discovery.Lookup("greeter", Timeout)).Addresses);

        await AddAsync(new ServiceInstance("b", "node-1.example", 1) { Address = System.Net.IPAddress.Parse("10.0.0.1") });
        await AddAsync(new ServiceInstance("a", "127.0.0.1", 2));
        await AddAsync(new ServiceInstance("c", "node-2.example", 3));
        var resolved = await UntilAsync(discovery, new Lookup("greeter"), 3);
        Assert.Equal("greeter", resolved.ServiceName);
        Assert.Equal(
            [("node-1.example", 1, "10.0.0.1"), ("127.0.0.1", 2, "127.0.0.1"), ("node-2.example", 3, "")],
            resolved.Addresses.Select(a => (a.Host, a.Port!.Value, $"{a.Address}")));
    }

    [Fact]
    public async Task Port_name_and_protocol_leave_out_instances_that_name_another_and_none_that_names_none()
    {
        await AddAsync(With(new ServiceInstance("a", "127.0.0.1", 1), "remoting", "tcp"));
        await AddAsync(With(new ServiceInstance("b", "127.0.0.1", 2), "http", "tcp"));
        await AddAsync(new ServiceInstance("c", "127.0.0.1", 3));
        var discovery = MethodOf(Start());
        await UntilAsync(discovery, new Lookup("greeter"), 3);
        Assert.Equal([1, 3], await PortsAsync(new Lookup("greeter", "remoting")));
        Assert.Equal([1, 2, 3], await PortsAsync(new Lookup("greeter").WithProtocol("tcp")));
        Assert.Equal([2, 3], await PortsAsync(new Lookup("greeter", "http", "tcp")));
        Assert.Equal([3], await PortsAsync(new Lookup("greeter", "http", "udp")));

        async Task<IEnumerable<int>> PortsAsync(Lookup lookup) => (await discovery.Lookup(lookup, Timeout)).Addresses.Select(a => a.Port!.Value);

        static ServiceInstance With(ServiceInstance instance, string portName, string protocol) =>
            instance with { Attributes = ImmutableSortedDictionary<string, string>.Empty.Add("port-name", portName).Add("protocol", protocol) };
    }

    [Theory]
    [InlineData("watch")]
    [InlineData("read")]
    public async Task A_name_that_cannot_be_a_key_is_an_error(string lookup)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => MethodOf(Start($"lookup = {lookup}")).Lookup("a/b", Timeout));
    }

    [Fact]
    public async Task Services_beyond_the_watches_are_read()
    {
        await AddAsync(new ServiceInstance("a", "127.0.0.1", 1));
        var discovery = MethodOf(Start("watches-max = 1"));
        await discovery.Lookup("other", Timeout);
        // A read sees at once what was registered before it.
        Assert.Single((await discovery.Lookup("greeter", Timeout)).Addresses);
        await AddAsync(new ServiceInstance("b", "127.0.0.1", 2));
        Assert.Equal(2, (await discovery.Lookup("greeter", Timeout)).Addresses.Count);
    }

    [Theory]
    [InlineData("watch")]
    [InlineData("read")]
    public async Task An_unreadable_value_is_logged_once_and_left_out(string lookup)
    {
        await fixture.Etcd.Etcdctl("put", $"{_prefix}/greeter/x", "junk");
        await AddAsync(new ServiceInstance("a", "127.0.0.1", 1));
        var system = Start($"lookup = {lookup}");
        var log = new LogProbe(system);
        var discovery = MethodOf(system);
        Assert.Single((await discovery.Lookup("greeter", Timeout)).Addresses);
        Assert.Single((await discovery.Lookup("greeter", Timeout)).Addresses);
        await AddAsync(new ServiceInstance("b", "127.0.0.1", 2));
        await UntilAsync(discovery, new Lookup("greeter"), 2);
        Assert.Single(log.Until(1), l => l.Contains($"{_prefix}/greeter/x is left out", StringComparison.Ordinal));
        await fixture.Etcd.Etcdctl("del", $"{_prefix}/greeter/x");
    }

    [Fact]
    public async Task The_configuration_registers_the_remoting_address_with_the_system_and_its_shutdown_takes_it_out()
    {
        var watch = _party.Watch();
        var system = Start(
            "register { enabled = on, service-name = greeter, version = v1, lease-ttl = 60s, attributes { zone = a } }",
            """
            akka.extensions = ["AkkaLb.Discovery.Etcd.EtcdDiscoveryProvider, AkkaLb.Discovery.Etcd"]
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
            """);
        var port = ((ExtendedActorSystem)system).Provider.DefaultAddress.Port!.Value;
        var instance = (await watch.UntilAsync($"127.0.0.1:{port}")).Single();
        Assert.Equal(("127.0.0.1", port, "v1", "a"), (instance.Host, instance.Port, instance.Version, instance.Attributes["zone"]));

        await system.Terminate();
        await watch.UntilAsync();
    }

    [Fact]
    public async Task Registering_without_an_address_is_a_clear_error()
    {
        var system = Start("register { enabled = on, service-name = greeter }");
        var told = Assert.ThrowsAny<Exception>(() => EtcdDiscovery.Get(system));
        Assert.Contains("host and port are needed", told.GetBaseException().Message, StringComparison.Ordinal);
        await Task.CompletedTask;
    }

    private async Task AddAsync(ServiceInstance instance) => await _party.Register(instance).Registration.Registered.WaitAsync(Bound.Time);

    /// <summary>A watch tells a moment later than the registration returns.</summary>
    private static async Task<ServiceDiscovery.Resolved> UntilAsync(ServiceDiscovery discovery, Lookup lookup, int count)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var bound = Bound.Token();
        while (true)
        {
            var resolved = await discovery.Lookup(lookup, Timeout);
            if (resolved.Addresses.Count == count)
            {
                return resolved;
            }

            await timer.WaitForNextTickAsync(bound);
        }
    }

    private ActorSystem Start(string settings = "", string more = "")
    {
        var system = Systems.Start(fixture.Etcd, $"prefix = \"{_prefix}\"\n{settings}", more);
        _systems.Add(system);
        return system;
    }

    private static ServiceDiscovery MethodOf(ActorSystem system) => Akka.Discovery.Discovery.Get(system).Default;
}

/// <summary>Lookups while etcd is away; an etcd of its own.</summary>
public sealed class LookupOutageTests : IAsyncLifetime
{
    private EtcdProcess _etcd = null!;
    private ActorSystem _system = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _system = Systems.Start(_etcd, "");
    }

    public async Task DisposeAsync()
    {
        await _system.Terminate();
        await _etcd.DisposeAsync();
    }

    [Theory]
    [InlineData("down")]
    [InlineData("frozen")]
    public async Task A_first_lookup_fails_in_time_and_says_why_and_a_later_one_answers(string fault)
    {
        await _etcd.PutLeasedAsync("/akka/services/greeter/a", """{"host":"h","port":1}""");
        var discovery = Akka.Discovery.Discovery.Get(_system).Default;
        if (fault == "down")
        {
            _etcd.Kill();
        }
        else
        {
            _etcd.Freeze();
        }

        var clock = Stopwatch.StartNew();
        var told = await Assert.ThrowsAsync<RegistryUnavailableException>(() => discovery.Lookup("greeter", TimeSpan.FromMilliseconds(1500)));
        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(1400), TimeSpan.FromSeconds(20));
        Assert.StartsWith("service \"greeter\" could not be looked up within 1.5 s: etcd", told.Message, StringComparison.Ordinal);

        if (fault == "down")
        {
            await _etcd.RestartAsync();
        }
        else
        {
            _etcd.Thaw();
        }

        Assert.Single((await discovery.Lookup("greeter", Bound.Time)).Addresses);
    }

    [Fact]
    public async Task Later_lookups_continue_answering_with_the_last_known_instances()
    {
        await _etcd.PutLeasedAsync("/akka/services/greeter/a", """{"host":"h","port":1}""");
        var discovery = Akka.Discovery.Discovery.Get(_system).Default;
        await discovery.Lookup("greeter", Bound.Time);
        var log = new LogProbe(_system);
        _etcd.Kill();
        Assert.Contains(log.Until(1), l => l.Contains("the last known instances stay", StringComparison.Ordinal));
        Assert.Equal("h", (await discovery.Lookup("greeter", TimeSpan.FromMilliseconds(1))).Addresses.Single().Host);
    }

    [Theory]
    [InlineData("watch")]
    [InlineData("read")]
    public async Task A_lookup_that_etcd_refuses_says_so_without_waiting_and_one_after_the_cause_is_mended_answers(string lookup)
    {
        await _etcd.EnableAuthenticationAsync("app", "password", "/akka/services");
        await using var system = new Ending(Systems.Start(_etcd, $"lookup = {lookup}, user = app, password = guess"));
        var discovery = Akka.Discovery.Discovery.Get(system.It).Default;
        for (var i = 0; i < 2; i++)
        {
            var told = await Assert.ThrowsAsync<RegistryRefusedException>(
                () => discovery.Lookup("greeter", System.Threading.Timeout.InfiniteTimeSpan).WaitAsync(Bound.Time));
            Assert.Contains("user or password is wrong", told.Message, StringComparison.Ordinal);
        }

        await _etcd.Etcdctl("user", "delete", "app");
        await _etcd.Etcdctl("user", "add", "app:guess");
        await _etcd.Etcdctl("user", "grant-role", "app", "app");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var bound = Bound.Token();
        while (true)
        {
            try
            {
                Assert.Empty((await discovery.Lookup("greeter", Bound.Time)).Addresses);
                break;
            }
            catch (RegistryRefusedException)
            {
                await timer.WaitForNextTickAsync(bound);
            }
        }
    }

    [Fact]
    public async Task A_system_that_ends_while_etcd_is_away_ends_in_time()
    {
        var registering = Systems.Start(_etcd, "register { enabled = on, service-name = s, host = h, port = 1 }");
        await EtcdDiscovery.Get(registering).Registration!.Registered.WaitAsync(Bound.Time);
        await EtcdDiscovery.Get(registering).LookupAsync("s", Bound.Time);
        _etcd.Kill();
        await registering.Terminate().WaitAsync(Bound.Time);
    }
}

internal sealed record Ending(ActorSystem It) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await It.Terminate();
}

internal static class Systems
{
    public static ActorSystem Start(EtcdProcess etcd, string settings, string more = "") => ActorSystem.Create(
        "Test",
        ConfigurationFactory.ParseString(
            $$"""
            akka.discovery.method = etcd
            akka.discovery.etcd { endpoints = "{{etcd.Endpoint}}"
            {{settings}}
            }
            akka.loglevel = WARNING
            akka.stdout-loglevel = OFF
            akka.loggers = []
            {{more}}
            """).WithFallback(EtcdDiscovery.DefaultConfig()));
}

/// <summary>Warnings of a system.</summary>
internal sealed class LogProbe
{
    private readonly System.Collections.Concurrent.BlockingCollection<string> _lines = [];

    public LogProbe(ActorSystem system) =>
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Listener(_lines))), typeof(Warning));

    /// <summary>All lines so far, once there are so many.</summary>
    public IReadOnlyList<string> Until(int count)
    {
        var seen = new List<string>();
        while (seen.Count < count)
        {
            Assert.True(_lines.TryTake(out var line, Bound.Time), "no warning came");
            seen.Add(line);
        }

        while (_lines.TryTake(out var line))
        {
            seen.Add(line);
        }

        return seen;
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(System.Collections.Concurrent.BlockingCollection<string> lines) => Receive<Warning>(w => lines.Add($"{w.Message}"));
    }
}
