using Akka.Actor;
using Akka.Event;
using Akka.Remote;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>A machine that is busy makes nobody dead.</summary>
public sealed class HeartbeatsTests : IAsyncLifetime
{
    /// <summary>A node is taken for dead from which nothing has come for so long.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(4);

    private readonly RemotingNodes _nodes = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _nodes.DisposeAsync();

    [Fact]
    public async Task Heartbeats_come_through_while_every_processor_computes_and_messages_flood_both_ways()
    {
        var watching = $"watch-failure-detector {{ heartbeat-interval = 200ms, acceptable-heartbeat-pause = {Pause.TotalSeconds}s }}";
        var (a, b) = (_nodes.Start(TransportKind.Pipelines, remote: watching), _nodes.Start(TransportKind.Pipelines, remote: watching));
        var watched = b.Inbox("watched").Ref;
        var seen = await a.FindAsync(b, "watched");
        var told = await a.WatchAsync(b, seen);
        var ends = a.Events<DisassociatedEvent>();
        var rounds = 0L;
        using (var stop = new CancellationTokenSource())
        {
            // Each message goes to and fro until the end.
            var here = Return(a, stop.Token);
            Return(b, stop.Token);
            var there = await a.FindAsync(b, here.Path.Name);
            for (var i = 0; i < 200; i++)
            {
                there.Tell(new byte[1000], here);
            }

            var computing = Enumerable.Range(0, Environment.ProcessorCount * 2).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    while (!stop.IsCancellationRequested)
                    {
                        Thread.SpinWait(1000);
                    }
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();
            using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            for (var begun = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(begun) < Pause * 1.5;)
            {
                await beat.WaitForNextTickAsync();
            }

            await stop.CancelAsync();
            await Task.WhenAll(computing);
        }

        Assert.Equal((0, 0), (told.Count, ends.Count));
        Assert.InRange(Interlocked.Read(ref rounds), 1000, long.MaxValue);
        await watched.GracefulStop(Transports.Bound);
        await told.NextAsync<Terminated>();

        IActorRef Return(RemotingNode node, CancellationToken stopped)
        {
            Func<bool> goesOn = () =>
            {
                Interlocked.Increment(ref rounds);
                return !stopped.IsCancellationRequested;
            };
            return node.System.ActorOf(Props.Create(() => new Returning(goesOn)), "returning");
        }
    }

    /// <summary>Sends each message back to where it came from.</summary>
    private sealed class Returning : ReceiveActor
    {
        public Returning(Func<bool> goesOn) => Receive<byte[]>(m =>
        {
            if (goesOn())
            {
                Sender.Tell(m);
            }
        });
    }
}
