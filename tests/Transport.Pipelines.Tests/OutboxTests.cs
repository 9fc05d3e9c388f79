using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace AkkaLb.Transport.Pipelines.Tests;

public sealed class OutboxTests
{
    private static readonly ByteString Ten = ByteString.CopyFrom(new byte[10]);

    private readonly CancellationTokenSource _bound = new(Transports.Bound);

    [Fact]
    public void Frames_fit_up_to_the_bound_with_their_headers()
    {
        var outbox = new Outbox(bytesMax: 3 * 14);

        Assert.True(outbox.TryAdd(Ten));
        Assert.True(outbox.TryAdd(Ten));
        Assert.True(outbox.TryAdd(Ten));
        Assert.False(outbox.TryAdd(ByteString.Empty));
    }

    [Fact]
    public void Frame_larger_than_the_bound_fits_an_empty_outbox_and_no_other()
    {
        var (empty, other) = (new Outbox(bytesMax: 12), new Outbox(bytesMax: 12));

        Assert.True(empty.TryAdd(Ten));
        Assert.True(other.TryAdd(ByteString.Empty));
        Assert.False(other.TryAdd(Ten));
    }

    [Fact]
    public async Task Room_is_free_again_when_it_was_sent_and_not_when_it_was_read()
    {
        var outbox = new Outbox(bytesMax: 20);
        Assert.True(outbox.TryAdd(Ten));
        var read = await outbox.Reader.ReadAsync(_bound.Token);
        Assert.False(outbox.TryAdd(Ten));
        outbox.Reader.AdvanceTo(read.Buffer.End);
        Assert.False(outbox.TryAdd(Ten));

        outbox.Sent(14);

        Assert.True(outbox.TryAdd(Ten));
    }

    [Fact]
    public async Task Closed_outbox_takes_nothing_and_comes_to_its_end_after_what_is_in()
    {
        var outbox = new Outbox(bytesMax: 100);
        outbox.TryAdd(ByteString.CopyFrom(1, 2, 3));

        outbox.Close();
        outbox.Close();

        Assert.False(outbox.TryAdd(ByteString.CopyFrom(4)));
        var read = await outbox.Reader.ReadAsync(_bound.Token);
        Assert.Equal(RawPeer.Frame(1, 2, 3), read.Buffer.ToArray());
        Assert.True(read.IsCompleted);
    }

    [Fact]
    public async Task Reader_that_waits_learns_that_the_outbox_was_closed()
    {
        var outbox = new Outbox(bytesMax: 100);
        var reading = outbox.Reader.ReadAsync(_bound.Token);
        Assert.False(reading.IsCompleted);

        outbox.Close();

        Assert.True((await reading).IsCompleted);
    }

    [Fact]
    public async Task Frames_of_each_of_several_writers_stay_whole_and_in_their_order()
    {
        const int writers = 4;
        const int frames = 5000;
        var outbox = new Outbox(bytesMax: int.MaxValue);
        using var together = new Barrier(writers);
        var writing = Enumerable.Range(0, writers).Select(writer => Task.Factory.StartNew(
            () =>
            {
                Assert.True(together.SignalAndWait(Transports.Bound));
                for (var i = 0; i < frames; i++)
                {
                    // Of different lengths, so that torn ones are noticed.
                    var payload = new byte[8 + (i % 50)];
                    BinaryPrimitives.WriteInt32LittleEndian(payload, writer);
                    BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(4), i);
                    Assert.True(outbox.TryAdd(UnsafeByteOperations.UnsafeWrap(payload)));
                }
            },
            _bound.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var closing = Task.WhenAll(writing).ContinueWith(_ => outbox.Close(), TaskScheduler.Default);

        var next = new int[writers];
        while (true)
        {
            var read = await outbox.Reader.ReadAsync(_bound.Token);
            ReadOnlyMemory<byte> whole = read.Buffer.ToArray();
            Assert.Equal(whole.Length, Frames.WholeBytes(read.Buffer, payloadBytesMax: 100));
            outbox.Sent(whole.Length);
            outbox.Reader.AdvanceTo(read.Buffer.End);
            while (Frames.TryTake(ref whole, out var payload))
            {
                var i = BinaryPrimitives.ReadInt32LittleEndian(payload.Span[4..]);
                Assert.Equal(next[BinaryPrimitives.ReadInt32LittleEndian(payload.Span)]++, i);
                Assert.Equal(8 + (i % 50), payload.Length);
            }

            if (read.IsCompleted)
            {
                break;
            }
        }

        await Task.WhenAll(writing);
        await closing;
        Assert.Equal(Enumerable.Repeat(frames, writers), next);
    }

    /// <summary>The sender may fail at any moment, while others write.</summary>
    [Fact]
    public async Task Nobody_who_writes_meets_an_exception_when_the_sender_gives_up()
    {
        for (var round = 0; round < 50; round++)
        {
            var outbox = new Outbox(bytesMax: 1 << 20);
            using var together = new Barrier(2);
            var writing = Task.Factory.StartNew(
                () =>
                {
                    Assert.True(together.SignalAndWait(Transports.Bound));
                    while (outbox.TryAdd(Ten))
                    {
                    }
                },
                _bound.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            Assert.True(together.SignalAndWait(Transports.Bound));

            outbox.Close();
            await outbox.Reader.CompleteAsync();

            await writing.WaitAsync(_bound.Token);
            Assert.False(outbox.TryAdd(Ten));
        }
    }
}
