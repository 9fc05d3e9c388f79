using System.Buffers.Binary;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>What goes out, and what does not when the other side is slow.</summary>
public sealed class WritingTests : IAsyncLifetime
{
    private readonly Transports _transports = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _transports.DisposeAsync();

    [Fact]
    public async Task What_is_written_between_two_transports_comes_whole_and_in_order_both_ways()
    {
        const int frames = 20_000;
        var (near, far) = (await _transports.ListenAsync(), await _transports.ListenAsync());
        var (a, b) = (await near.DialAsync(far.Address), await far.NextAsync());
        var (heardByA, heardByB) = (new Recorder(), new Recorder());
        a.ReadHandlerSource.SetResult(heardByA);
        b.ReadHandlerSource.SetResult(heardByB);
        var random = new Random(3);
        var lengths = Enumerable.Range(0, frames).Select(i => i % 500 == 0 ? random.Next(4, 128_001) : random.Next(4, 300)).ToArray();

        await Task.WhenAll(Task.Run(() => SendAsync(a)), Task.Run(() => SendAsync(b)), TakeAsync(heardByA), TakeAsync(heardByB));

        async Task SendAsync(Connection by)
        {
            for (var i = 0; i < frames; i++)
            {
                await WriteAsync(by, Numbered(i, lengths[i]));
            }
        }

        async Task TakeAsync(Recorder recorder)
        {
            for (var i = 0; i < frames; i++)
            {
                var payload = await recorder.PayloadAsync();
                Assert.Equal((i, lengths[i]), (BinaryPrimitives.ReadInt32LittleEndian(payload), payload.Length));
            }
        }
    }

    /// <summary>Larger than the outbox's usual bound, and than any buffer.</summary>
    [Fact]
    public async Task Frames_of_many_megabytes_come_whole_where_they_are_allowed()
    {
        const string settings = "maximum-frame-size = 10000000b";
        var (near, far) = (await _transports.ListenAsync(settings), await _transports.ListenAsync(settings));
        var connection = await near.DialAsync(far.Address);
        connection.ReadHandlerSource.SetResult(new Recorder());
        var recorder = new Recorder();
        (await far.NextAsync()).ReadHandlerSource.SetResult(recorder);

        for (var i = 0; i < 4; i++)
        {
            await WriteAsync(connection, Numbered(i, 10_000_000));
            await WriteAsync(connection, Numbered(i, 4));
        }

        for (var i = 0; i < 4; i++)
        {
            var (large, small) = (await recorder.PayloadAsync(), await recorder.PayloadAsync());
            Assert.Equal((i, 10_000_000), (BinaryPrimitives.ReadInt32LittleEndian(large), large.Length));
            Assert.Equal((i, 4), (BinaryPrimitives.ReadInt32LittleEndian(small), small.Length));
        }
    }

    [Fact]
    public async Task Peer_that_stops_reading_costs_a_bounded_amount_and_nobody_else_and_is_written_to_again_when_it_reads()
    {
        const int payloadBytes = 1000;
        var node = await _transports.ListenAsync();
        using var stopped = await RawPeer.ConnectAsync(node.Port);
        var slow = await node.NextAsync();
        slow.ReadHandlerSource.SetResult(new Recorder());
        node.Echo();
        using var other = await RawPeer.ConnectAsync(node.Port);
        await node.NextAsync();

        // Until it is refused although the sender has had time: another connection's round trip lies between two refusals.
        var (written, refusedInARow) = (0, 0);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        while (refusedInARow < 20)
        {
            if (slow.Write(Numbered(written, payloadBytes)))
            {
                (written, refusedInARow) = (written + 1, 0);
            }
            else
            {
                refusedInARow++;
                await other.SendFrameAsync(9);
                Assert.Equal([9], await other.FrameAsync());
            }
        }

        // The outbox holds a million bytes; the kernels of both sides a few more.
        Assert.InRange(written * payloadBytes, 1_000_000, 24_000_000);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, -100_000_000, 8_000_000);

        var reading = Task.Run(async () =>
        {
            for (var i = 0; i <= written; i++)
            {
                Assert.Equal(i, BinaryPrimitives.ReadInt32LittleEndian(await stopped.FrameAsync()));
            }
        });
        await WriteAsync(slow, Numbered(written, payloadBytes));
        await reading.WaitAsync(Transports.Bound);
    }

    /// <summary>Linux counts what a full peer does not take like what it does not acknowledge. Where little is sent, a peer that stands still costs
    /// no connection.</summary>
    [Fact]
    public async Task Peer_that_takes_nothing_is_left_by_the_kernel_after_the_user_timeout_and_only_when_it_is_full()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var node = await _transports.ListenAsync("tcp-user-timeout = 500ms, send-buffer-size = 8192b");
        using var full = await RawPeer.ConnectAsync(node.Port, receiveBufferBytes: 8192);
        var toFull = await node.NextAsync();
        using var other = await RawPeer.ConnectAsync(node.Port);
        var toOther = await node.NextAsync();
        var (heardByFull, heardByOther) = (new Recorder(), new Recorder());
        toFull.ReadHandlerSource.SetResult(heardByFull);
        toOther.ReadHandlerSource.SetResult(heardByOther);

        Assert.True(toOther.Write(Numbered(1, 1000)));
        while (toFull.Write(Numbered(1, 1000)))
        {
        }

        Assert.Equal(DisassociateInfo.Unknown, (await heardByFull.UntilEndAsync()).Info);
        Assert.Equal(0, heardByOther.Ends);
        Assert.NotNull(await other.FrameAsync());
    }

    [Fact]
    public async Task Frames_of_several_writers_of_one_connection_stay_whole_and_in_their_order()
    {
        const int writers = 4;
        const int frames = 2000;
        var (near, far) = (await _transports.ListenAsync(), await _transports.ListenAsync());
        var connection = await near.DialAsync(far.Address);
        connection.ReadHandlerSource.SetResult(new Recorder());
        var recorder = new Recorder();
        (await far.NextAsync()).ReadHandlerSource.SetResult(recorder);

        var writing = Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < frames; i++)
            {
                await WriteAsync(connection, Numbered((writer << 16) | i, 4 + (i % 100)));
            }
        })).ToArray();

        var next = new int[writers];
        for (var i = 0; i < writers * frames; i++)
        {
            var number = BinaryPrimitives.ReadInt32LittleEndian(await recorder.PayloadAsync());
            Assert.Equal(next[number >> 16]++, number & 0xFFFF);
        }

        await Task.WhenAll(writing);
    }

    /// <summary>Writers do not meet exceptions, however the connection ends under them.</summary>
    [Fact]
    public async Task Write_is_refused_and_throws_nothing_when_the_connection_ends_under_it()
    {
        var node = await _transports.ListenAsync();
        for (var round = 0; round < 40; round++)
        {
            using var peer = await RawPeer.ConnectAsync(node.Port);
            var connection = await node.NextAsync();
            var recorder = new Recorder();
            connection.ReadHandlerSource.SetResult(recorder);
            var writing = Task.Run(async () =>
            {
                while (!connection.Ended.IsCompleted)
                {
                    if (!connection.Write(ByteString.CopyFrom(new byte[1000])))
                    {
                        await Task.Yield();
                    }
                }
            });
            Assert.NotNull(await peer.FrameAsync());

            switch (round % 4)
            {
                case 0:
                    peer.Reset();
                    break;
                case 1:
                    peer.Dispose();
                    break;
                case 2:
                    await peer.SendAsync(RawPeer.Header(-1));
                    break;
                default:
                    connection.Close();
                    peer.Dispose();
                    break;
            }

            await writing.WaitAsync(Transports.Bound);
            await connection.Ended.WaitAsync(Transports.Bound);
            Assert.Equal(1, recorder.Ends);
        }
    }

    private static ByteString Numbered(int number, int bytes)
    {
        var payload = new byte[bytes];
        BinaryPrimitives.WriteInt32LittleEndian(payload, number);
        return UnsafeByteOperations.UnsafeWrap(payload);
    }

    /// <summary>As Akka does: what is refused is tried again.</summary>
    private static Task WriteAsync(AssociationHandle connection, ByteString payload) =>
        connection.Write(payload) ? Task.CompletedTask : Transports.UntilAsync(() => connection.Write(payload), "there is room to write again");
}
