using Akka.Actor;
using Akka.Cluster.Tools.Client;
using AkkaLb.Samples.ClusterBootstrap;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Discovery.Etcd.Tests;

/// <summary>A real cluster client finds a real receptionist by discovery, and a second one after the first is gone.</summary>
[Collection(EtcdTests.Name)]
public sealed class ClusterClientTests(EtcdFixture fixture) : IAsyncLifetime
{
    private const string Remote = """
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        """;

    private readonly string _prefix = fixture.NewPrefix();
    private readonly List<Node> _nodes = [];
    private ActorSystem? _client;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await (_client?.Terminate() ?? Task.CompletedTask);
    }

    [Fact]
    public async Task A_cluster_client_discovers_its_contacts_in_etcd()
    {
        await StartNodeAsync("first");
        _client = Systems.Start(
            fixture.Etcd,
            $"prefix = \"{_prefix}\"",
            $$"""
            {{Remote}}
            akka.actor.provider = remote
            akka.cluster.client {
              use-initial-contacts-discovery = on
              discovery { method = etcd, service-name = receptionist, interval = 100ms, exponential-backoff-max = 500ms }
              heartbeat-interval = 200ms
              acceptable-heartbeat-pause = 2s
              reconnect-timeout = 2s
              establishing-get-contacts-interval = 200ms
              refresh-contacts-interval = 500ms
            }
            """);
        var client = _client.ActorOf(ClusterClient.Props(ClusterClientSettings.Create(_client)));
        Assert.Equal("first", await AskAsync(client));

        await StartNodeAsync("second");
        await _nodes[0].DisposeAsync();
        Assert.Equal("second", await AskAsync(client));
    }

    /// <summary>Asks until somebody answers: what is sent while a contact is lost is lost.</summary>
    private static async Task<string> AskAsync(IActorRef client)
    {
        var bound = Bound.Token();
        while (true)
        {
            try
            {
                return await client.Ask<string>(new ClusterClient.Send("/user/name", "who?"), TimeSpan.FromSeconds(1), bound);
            }
            catch (AskTimeoutException)
            {
                bound.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task StartNodeAsync(string name)
    {
        var node = new Node(fixture.Etcd, _prefix, name);
        _nodes.Add(node);
        await node.StartedAsync();
    }

    /// <summary>A cluster of one with a receptionist, its management endpoint, and the registration of that.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private readonly ActorSystem _system;
        private readonly int _port = FreePorts.Take();
        private bool _isDisposed;

        public Node(EtcdProcess etcd, string prefix, string name)
        {
            _system = Systems.Start(
                etcd,
                $$"""
                prefix = "{{prefix}}"
                register { enabled = on, service-name = receptionist, host = 127.0.0.1, port = {{_port}}, lease-ttl = 2s }
                """,
                $$"""
                {{Remote}}
                akka.actor.provider = cluster
                akka.management.http { hostname = 127.0.0.1, port = {{_port}} }
                akka.extensions = ["AkkaLb.Discovery.Etcd.EtcdDiscoveryProvider, AkkaLb.Discovery.Etcd"]
                """);
            var cluster = Akka.Cluster.Cluster.Get(_system);
            cluster.Join(cluster.SelfAddress);
            var receptionist = ClusterClientReceptionist.Get(_system);
            receptionist.RegisterService(_system.ActorOf(Props.Create(() => new Named(name)), "name"));
            ManagementEndpoint.Start(_system);
        }

        public async Task StartedAsync()
        {
            await EtcdDiscovery.Get(_system).Registration!.Registered.WaitAsync(Bound.Time);
            using var http = new HttpClient();
            var answer = await http.GetStringAsync(new Uri($"http://127.0.0.1:{_port}/cluster-client/receptionist"));
            Assert.Contains("/system/receptionist", answer, StringComparison.Ordinal);
        }

        public async ValueTask DisposeAsync()
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                await _system.Terminate();
            }
        }
    }

    private sealed class Named : ReceiveActor
    {
        public Named(string name) => Receive<string>(_ => Sender.Tell(name));
    }
}
