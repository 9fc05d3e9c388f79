using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>What a node tells of another that it cannot reach.</summary>
public sealed class UnreachableTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Why_nobody_is_reached_stands_in_Akkas_own_event_in_one_line()
    {
        // Taken, and nobody listens at it.
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        using var system = ActorSystem.Create("Node", ConfigurationFactory.ParseString(
            """
            akka { loggers = [], stdout-loglevel = OFF, actor.provider = remote }
            akka.remote.dot-netty.tcp {
              transport-class = "AkkaLb.Transport.Pipelines.PipelinesTransport, AkkaLb.Transport.Pipelines"
              hostname = 127.0.0.1, port = 0
            }
            """));
        var told = new TaskCompletionSource<AssociationErrorEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Listener(told))), typeof(AssociationErrorEvent));

        system.ActorSelection($"akka.tcp://Node@127.0.0.1:{port}/user/nobody").Tell("a word");

        var cause = (await told.Task.WaitAsync(Bound)).Cause;
        Assert.Equal($"127.0.0.1:{port} cannot be reached: {new SocketException((int)SocketError.ConnectionRefused).Message}", cause.Message);
        Assert.Null(cause.InnerException);
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(TaskCompletionSource<AssociationErrorEvent> told) => Receive<AssociationErrorEvent>(m => told.TrySetResult(m));
    }
}
