using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Remote.Transport;
using AkkaLb.Tests.Support;
using Google.Protobuf;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>Where a transport listens, whom it reaches, and what it says when it cannot.</summary>
public sealed class AddressTests : IAsyncLifetime
{
    private readonly Transports _transports = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _transports.DisposeAsync();

    [Fact]
    public async Task Kernel_ends_a_connection_at_both_ends_when_nothing_is_acknowledged_for_12_s()
    {
        var (near, far) = (await _transports.ListenAsync(), await _transports.ListenAsync());
        var (dialled, accepted) = (await near.DialAsync(far.Address), await far.NextAsync());
        var expected = OperatingSystem.IsLinux() ? TimeSpan.FromSeconds(12) : TimeSpan.Zero;

        Assert.Equal((expected, expected), (UserTimeout.Of(dialled.Socket), UserTimeout.Of(accepted.Socket)));
    }

    [Fact]
    public async Task Settings_of_the_sockets_are_those_of_the_configuration()
    {
        var node = await _transports.ListenAsync("tcp-nodelay = off, tcp-keepalive = on, tcp-user-timeout = 0");
        using var peer = await RawPeer.ConnectAsync(node.Port);
        var socket = (await node.NextAsync()).Socket;

        Assert.False(socket.NoDelay);
        Assert.Equal(1, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)! & 1);
        Assert.Equal(TimeSpan.Zero, UserTimeout.Of(socket));
    }

    [FactWithIPv6]
    public async Task Nodes_reach_each_other_at_an_address_of_IPv6()
    {
        var (near, far) = (await _transports.ListenAsync("hostname = \"::1\""), await _transports.ListenAsync("hostname = \"[::1]\""));

        Assert.Equal(("[::1]", "[::1]"), (near.Address.Host, far.Address.Host));
        await SpeakAsync(near, far, far.Address);
        await SpeakAsync(far, near, near.Address);
    }

    [Fact]
    public async Task Address_is_the_public_one_where_there_is_one()
    {
        var node = await _transports.ListenAsync("public-hostname = node.example, public-port = 1234");

        Assert.Equal(new Address("tcp", "A", "node.example", 1234), node.Address);
    }

    [Fact]
    public async Task Node_that_listens_at_all_addresses_is_reached_at_each_and_at_that_name()
    {
        var (near, far) = (await _transports.ListenAsync(), await _transports.ListenAsync("hostname = 0.0.0.0"));

        Assert.Equal("0.0.0.0", far.Address.Host);
        await SpeakAsync(near, far, far.Address);
        await SpeakAsync(near, far, far.Address.WithHost("127.0.0.1"));
        await SpeakAsync(near, far, far.Address.WithHost("localhost"));
    }

    [Fact]
    public async Task Port_that_is_taken_is_refused()
    {
        var node = await _transports.ListenAsync();

        var refused = await Assert.ThrowsAsync<SocketException>(() => _transports.ListenAsync($"port = {node.Port}"));
        Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
        await Assert.ThrowsAsync<SocketException>(() => _transports.ListenAsync($"port = {node.Port}, hostname = 0.0.0.0"));
    }

    /// <summary>Its connections linger in the kernel, at this side: it closed them first.</summary>
    [Fact]
    public async Task Port_is_free_at_once_when_its_transport_was_shut_down()
    {
        var node = await _transports.ListenAsync();
        var other = await _transports.ListenAsync();
        for (var round = 0; round < 5; round++)
        {
            var connection = await other.DialAsync(node.Address);
            connection.ReadHandlerSource.SetResult(new Recorder());
            (await node.NextAsync()).ReadHandlerSource.SetResult(new Recorder());

            await node.Transport.Shutdown().WaitAsync(Transports.Bound);
            await connection.Ended.WaitAsync(Transports.Bound);
            node = await _transports.ListenAsync($"port = {node.Port}");
        }
    }

    [Fact]
    public async Task Host_that_refuses_is_named_at_once()
    {
        var node = await _transports.ListenAsync("connection-timeout = 1h");
        var port = FreePorts.Take();

        var failed = await FailsAsync(node, new Address("tcp", "A", "127.0.0.1", port));

        Assert.StartsWith($"127.0.0.1:{port} cannot be reached: ", failed.Message, StringComparison.Ordinal);
    }

    /// <summary>Names that no resolver has to be asked for.</summary>
    [Theory]
    [InlineData("a name with spaces")]
    [InlineData("a..b")]
    [InlineData("label-of-more-than-63-letters-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("300 letters")]
    public async Task Host_that_does_not_exist_is_named(string host)
    {
        host = host == "300 letters" ? new string('a', 300) : host;
        var node = await _transports.ListenAsync();

        var failed = await FailsAsync(node, new Address("tcp", "A", host, 4711));

        Assert.StartsWith($"{host}:4711 cannot be reached: ", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(65_536)]
    public async Task Port_that_cannot_be_is_named(int port)
    {
        var node = await _transports.ListenAsync();

        Assert.Contains($"127.0.0.1:{port}", (await FailsAsync(node, new Address("tcp", "A", "127.0.0.1", port))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_that_does_not_answer_is_given_up_after_the_connection_timeout()
    {
        using var deaf = new DeafPort();
        var node = await _transports.ListenAsync("connection-timeout = 300ms");

        var failed = await FailsAsync(node, new Address("tcp", "A", "127.0.0.1", deaf.Port));

        Assert.Equal($"127.0.0.1:{deaf.Port} did not answer within 0.3 s (connection-timeout)", failed.Message);
    }

    [Fact]
    public async Task Dial_that_waits_is_given_up_when_the_transport_is_shut_down()
    {
        using var deaf = new DeafPort();
        var node = await _transports.ListenAsync("connection-timeout = 1h");
        var dialling = node.Transport.Associate(new Address("tcp", "A", "127.0.0.1", deaf.Port));
        Assert.False(dialling.IsCompleted);

        await node.Transport.Shutdown().WaitAsync(Transports.Bound);

        var failed = await Assert.ThrowsAsync<InvalidAssociationException>(() => dialling.WaitAsync(Transports.Bound));
        Assert.Equal($"no connection to tcp://A@127.0.0.1:{deaf.Port} is possible: this transport is closed", failed.Message);
    }

    [Fact]
    public async Task Closed_transport_and_address_without_a_port_are_said_to_be_so()
    {
        var node = await _transports.ListenAsync();
        Assert.Contains("has no host and port", (await FailsAsync(node, new Address("tcp", "A"))).Message, StringComparison.Ordinal);

        await node.Transport.Shutdown();

        Assert.Contains("this transport is closed", (await FailsAsync(node, node.Address)).Message, StringComparison.Ordinal);
    }

    /// <summary>Or else nobody would ever close it.</summary>
    [Fact]
    public async Task Transport_that_was_shut_down_does_not_listen_any_more()
    {
        var port = FreePorts.Take();
        var transport = _transports.Create($"port = {port}");
        await transport.Shutdown();

        await Assert.ThrowsAnyAsync<Exception>(transport.Listen);

        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, port));
        free.Listen();
    }

    private static Task<InvalidAssociationException> FailsAsync(Listening node, Address to) =>
        Assert.ThrowsAsync<InvalidAssociationException>(() => node.Transport.Associate(to).WaitAsync(Transports.Bound));

    private static async Task SpeakAsync(Listening near, Listening far, Address to)
    {
        var (dialled, accepted) = (await near.DialAsync(to), await far.NextAsync());
        var (heardNear, heardFar) = (new Recorder(), new Recorder());
        dialled.ReadHandlerSource.SetResult(heardNear);
        accepted.ReadHandlerSource.SetResult(heardFar);
        Assert.Equal((to, far.Address), (dialled.RemoteAddress, accepted.LocalAddress));
        Assert.Equal(near.Address.Host, accepted.RemoteAddress.Host);
        Assert.True(dialled.Write(ByteString.CopyFrom(1)));
        Assert.True(accepted.Write(ByteString.CopyFrom(2)));
        Assert.Equal([1], await heardFar.PayloadAsync());
        Assert.Equal([2], await heardNear.PayloadAsync());
    }

    /// <summary>A port whose queue of connections is full and stays so: the kernel answers nobody who dials it. Linux.</summary>
    private sealed class DeafPort : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Socket[] _queue;

        public DeafPort()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(0);
            // The queue has room for one more than it was told; the others wait as well, and the one that is tested is behind them.
            _queue = [.. Enumerable.Range(0, 8).Select(_ =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                try
                {
                    socket.Connect(_listener.LocalEndPoint!);
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                }

                return socket;
            })];
        }

        public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        public void Dispose()
        {
            Array.ForEach(_queue, s => s.Dispose());
            _listener.Dispose();
        }
    }
}

/// <summary>Skipped where the machine has no loopback of IPv6.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWithIPv6Attribute : FactAttribute
{
    public FactWithIPv6Attribute()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        }
        catch (SocketException e)
        {
            Skip = $"no IPv6 here: {e.Message}";
        }
    }
}
