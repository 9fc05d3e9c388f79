using Akka.Remote.Transport;
using Google.Protobuf;
using Xunit.Abstractions;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>Nothing else runs meanwhile: what the whole process allocates is counted.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>What a message costs between one transport's Write and the other's listener, in bytes allocated, both sides together.</summary>
[Collection(nameof(Alone))]
public sealed class AllocationTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int PayloadBytes = 100;

    private readonly Transports _transports = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _transports.DisposeAsync();

    /// <summary>What has to be: the payload with its header (104 bytes), a ByteString and an InboundPayload around it (56). All else is shared by a
    /// batch. One copy more would be another 100 bytes.</summary>
    [Fact]
    public async Task Message_that_goes_in_a_batch_allocates_its_copy_and_little_more()
    {
        const int messages = 200_000;
        var (connection, counter) = await ConnectAsync();
        await SendAsync(messages);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        await SendAsync(messages);

        var each = (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / messages;
        output.WriteLine($"{each:0.0} bytes allocated for a message of {PayloadBytes} bytes in a batch, both sides together");
        Assert.InRange(each, PayloadBytes, 250);

        async Task SendAsync(int count)
        {
            // As many as fit into the outbox, so that no write is refused.
            const int ahead = 4000;
            var payload = ByteString.CopyFrom(new byte[PayloadBytes]);
            for (var sent = 0; sent < count; sent += ahead)
            {
                var arrived = counter.NextAsync(ahead);
                for (var i = 0; i < ahead; i++)
                {
                    Assert.True(connection.Write(payload));
                }

                await arrived;
            }
        }
    }

    /// <summary>Each alone: what wakes the sender and the reader comes on top, and the task and timer of this test, some 300 bytes. A few
    /// more of them would be noticed.</summary>
    [Fact]
    public async Task Message_that_goes_alone_allocates_little_more()
    {
        const int messages = 10_000;
        var (connection, counter) = await ConnectAsync();
        await SendAsync(messages);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        await SendAsync(messages);

        var each = (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / messages;
        output.WriteLine($"{each:0.0} bytes allocated for a message of {PayloadBytes} bytes alone, both sides together");
        Assert.InRange(each, PayloadBytes, 1000);

        async Task SendAsync(int count)
        {
            var payload = ByteString.CopyFrom(new byte[PayloadBytes]);
            for (var sent = 0; sent < count; sent++)
            {
                var arrived = counter.NextAsync(1);
                Assert.True(connection.Write(payload));
                await arrived;
            }
        }
    }

    /// <summary>Whoever logs such exceptions would take it for a fault.</summary>
    [Fact]
    public async Task Nothing_is_left_unobserved_when_a_peer_takes_nothing_for_too_long()
    {
        var unobserved = new List<Exception>();
        EventHandler<UnobservedTaskExceptionEventArgs> keep = (_, e) =>
        {
            lock (unobserved)
            {
                unobserved.Add(e.Exception);
            }
        };
        TaskScheduler.UnobservedTaskException += keep;
        try
        {
            await StallAsync();
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            Assert.Empty(unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= keep;
        }

        static async Task StallAsync()
        {
            var (near, far) = await RawPeer.PairAsync();
            using var peer = far;
            var connection = EndingTests.Connect(near, EndingTests.Limits with { StalledFor = TimeSpan.FromMilliseconds(100) });
            connection.ReadHandlerSource.SetResult(new Recorder());
            while (connection.Write(ByteString.CopyFrom(new byte[100_000])))
            {
            }

            await connection.Ended.WaitAsync(Transports.Bound);
        }
    }

    /// <summary>A buffer for reading would be 64 KiB, and one for sending as much.</summary>
    [Fact]
    public async Task Connection_that_is_idle_holds_no_buffer()
    {
        const int connections = 300;
        var node = await _transports.ListenAsync();
        node.Echo();
        var peers = new List<RawPeer>();
        try
        {
            await ConnectAsync();
            var before = GC.GetTotalMemory(forceFullCollection: true);
            for (var i = 0; i < connections; i++)
            {
                await ConnectAsync();
            }

            var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / connections;
            output.WriteLine($"{each} bytes held by an idle connection, with the socket of its peer and what the test keeps of it");
            Assert.InRange(each, 0, 30_000);
        }
        finally
        {
            peers.ForEach(p => p.Dispose());
        }

        async Task ConnectAsync()
        {
            var peer = await RawPeer.ConnectAsync(node.Port);
            peers.Add(peer);
            await peer.SendFrameAsync(new byte[PayloadBytes]);
            Assert.NotNull(await peer.FrameAsync());
        }
    }

    private async Task<(Connection Connection, Counter Counter)> ConnectAsync()
    {
        var (near, far) = (await _transports.ListenAsync(), await _transports.ListenAsync());
        var connection = await near.DialAsync(far.Address);
        connection.ReadHandlerSource.SetResult(new Recorder());
        var counter = new Counter();
        (await far.NextAsync()).ReadHandlerSource.SetResult(counter);
        return (connection, counter);
    }

    private sealed class Counter : IHandleEventListener
    {
        private TaskCompletionSource _arrived = new();
        private int _left;

        /// <summary>When so many more have come.</summary>
        public Task NextAsync(int count)
        {
            _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _left, count);
            return _arrived.Task.WaitAsync(Transports.Bound);
        }

        public void Notify(IHandleEvent ev)
        {
            if (ev is InboundPayload && Interlocked.Decrement(ref _left) == 0)
            {
                _arrived.SetResult();
            }
        }
    }
}
