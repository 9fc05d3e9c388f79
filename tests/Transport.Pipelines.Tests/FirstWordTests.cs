using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>A connection that ends before Akka has said its first word.</summary>
public sealed class FirstWordTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly Address Address = new("tcp", "Node", "127.0.0.1", 1);

    /// <summary>Where the first word is refused Akka waits for another try, and passes over the end that it is told of meanwhile: it would never dial
    /// again.</summary>
    [Fact]
    public async Task First_word_is_taken_also_behind_the_end_and_no_other_is()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint).WaitAsync(Bound);
        (await listener.AcceptSocketAsync().WaitAsync(Bound)).Dispose();
        var limits = new ConnectionLimits(1000, 1000, 1000, ListenerWithin: Bound, LingerFor: Bound, StalledFor: Bound);
        var connection = new Connection(Address, Address, socket, new NetworkStream(socket), limits, onTrouble: null, isDialled: true);
        var told = new TaskCompletionSource<IHandleEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ReadHandlerSource.SetResult(new Listener(told));

        Assert.IsType<Disassociated>(await told.Task.WaitAsync(Bound));
        Assert.True(connection.Write(ByteString.CopyFromUtf8("first")));
        Assert.False(connection.Write(ByteString.CopyFromUtf8("second")));
        await connection.Ended.WaitAsync(Bound);
    }

    private sealed class Listener(TaskCompletionSource<IHandleEvent> told) : IHandleEventListener
    {
        public void Notify(IHandleEvent ev) => told.TrySetResult(ev);
    }
}
