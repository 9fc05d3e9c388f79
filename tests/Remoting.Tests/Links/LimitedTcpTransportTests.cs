using Akka.Actor;
using Akka.Remote.Transport;
using AkkaLb.Remoting.Links;
using AkkaLb.Messages;

namespace AkkaLb.Remoting.Tests.Links;

/// <summary>The transport without TLS, on loopback.</summary>
public sealed class LimitedTcpTransportTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly List<(LimitedTcpTransport Transport, ActorSystem System)> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var (transport, system) in _nodes)
        {
            await transport.Shutdown();
            await system.Terminate();
        }
    }

    [Fact]
    public async Task The_kernel_ends_a_connection_at_both_ends_when_nothing_is_acknowledged_for_12_s()
    {
        var accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (server, address) = await ListenAsync(accepted);
        var (client, _) = await ListenAsync(new TaskCompletionSource());

        await client.Associate(address);
        await accepted.Task.WaitAsync(Bound);

        Assert.All([server, client], transport =>
        {
            var sockets = SilentSockets.Of(transport.Inner)!;
            var connection = Assert.Single(sockets.Sockets);
            sockets.Look();
            Assert.Equal(OperatingSystem.IsLinux() ? SilentSockets.EndAfter : TimeSpan.Zero, SilentSockets.LimitOf(connection));
        });
    }

    private async Task<(LimitedTcpTransport Transport, Address Address)> ListenAsync(TaskCompletionSource accepted)
    {
        var system = ActorSystem.Create("A", SystemConfig.Remoting("127.0.0.1", 0));
        var transport = new LimitedTcpTransport(system, system.Settings.Config.GetConfig("akka.remote.dot-netty.tcp"));
        _nodes.Add((transport, system));
        var (address, listener) = await transport.Listen();
        listener.SetResult(new Listener(accepted));
        return (transport, address);
    }

    private sealed class Listener(TaskCompletionSource accepted) : IAssociationEventListener
    {
        public void Notify(IAssociationEvent ev) => accepted.TrySetResult();
    }
}
