using System.Globalization;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Scenarios.Cluster;
using AkkaLb.Worker;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios;

/// <summary>Replies that take more than one message.</summary>
public sealed class StreamScenarios(ITestOutputHelper output) : Scenario(output)
{
    private const int PieceBytes = 65_536;
    private const int Pieces = 1600;

    /// <summary>Messages of streams that were made.</summary>
    private readonly StrongBox<int> _made = new();

    [Fact]
    public async Task A_stream_of_100_MiB_arrives_as_it_was_sent()
    {
        await Cluster.AddWorkerAsync("w1", Streaming);
        var client = await Cluster.ConnectAsync();
        await client.AskAsync<byte[]>(Message(1, 10), Once);

        var (hash, bytes) = (new XxHash3(), 0L);
        await foreach (var piece in client.StreamAsync<byte[]>(Message(Pieces, PieceBytes), Once))
        {
            hash.Append(piece);
            bytes += piece.Length;
        }

        Assert.Equal((100L << 20, Sent(Pieces).GetCurrentHashAsUInt64()), (bytes, hash.GetCurrentHashAsUInt64()));
        await AssertIdleAsync(client);
    }

    [Fact]
    public async Task A_reply_of_100_MiB_arrives_whole()
    {
        await Cluster.AddWorkerAsync("w1", Streaming with { ReplyBytesMax = 128 << 20 });
        var client = await Cluster.ConnectAsync();
        var reply = await client.AskAsync<byte[]>(new Do(Act.ReplyHuge, "1600"), Once with { ReplyBytesMax = 128 << 20 });
        Assert.Equal((100 << 20, Sent(Pieces).GetCurrentHashAsUInt64()), (reply.Length, XxHash3.HashToUInt64(reply)));

        // The caller's own bound counts too.
        var failed = await client.RunAsync(new Do(Act.ReplyHuge, "1600"), Once with { ReplyBytesMax = 1 << 20 });
        Assert.Contains("at most 1048576 can be sent", Assert.IsType<JobOutcome.Failed>(failed.Outcome).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_stops_holds_up_no_other_job_and_the_worker_makes_no_more_than_a_window()
    {
        await Cluster.AddWorkerAsync("w1", Streaming);
        var client = await Cluster.ConnectAsync();
        await using var stream = client.StreamAsync<byte[]>(Message(Pieces, PieceBytes), Once).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(10, (await client.AskAsync<byte[]>(Message(1, 10), Once)).Length);
        }

        Assert.InRange(Volatile.Read(ref _made.Value), 1, 2 + (int)(ReplyTally.Window / PieceBytes));
        Assert.Equal(Pieces - 1, await CountAsync(stream));
    }

    [Fact]
    public async Task An_enumeration_that_is_left_or_cancelled_ends_its_job_at_the_worker()
    {
        await Cluster.AddWorkerAsync("w1", Streaming with { Capacity = 1 });
        var client = await Cluster.ConnectAsync();
        await foreach (var unused in client.StreamAsync<byte[]>(Message(Pieces, PieceBytes), Once))
        {
            break;
        }

        using var cancelling = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var unused in client.StreamAsync<byte[]>(Message(Pieces, PieceBytes), Once, cancelling.Token))
            {
                await cancelling.CancelAsync();
            }
        });

        // The one place is free again each time.
        Assert.Equal(10, (await client.AskAsync<byte[]>(Message(1, 10), Once)).Length);
        await AssertIdleAsync(client);
    }

    [Fact]
    public async Task What_came_before_a_failure_is_returned_and_then_the_failure_thrown()
    {
        await Cluster.AddWorkerAsync("w1", Streaming);
        var client = await Cluster.ConnectAsync();
        var came = 0;
        var failure = await Assert.ThrowsAsync<JobFailedException>(async () =>
        {
            await foreach (var unused in client.StreamAsync<byte[]>(new Do(Act.Fail, "3 10"), Once))
            {
                came++;
            }
        });
        Assert.Equal((3, JobError.WorkerFailed, JobFailureReason.Failure), (came, failure.Error, failure.Outcome.Failure));
        Assert.Contains("no such luck", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_lost_in_the_midst_ends_the_stream_once_and_no_other_begins_it_again()
    {
        var doomed = await Cluster.AddWorkerAsync("w1", Streaming);
        var client = await Cluster.ConnectAsync();
        await using var stream = client.StreamAsync<byte[]>(Message(Pieces, PieceBytes), Idempotent).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        await Cluster.AddWorkerAsync("w2", Streaming);
        await doomed.KillAsync();
        var lost = await Assert.ThrowsAsync<JobFailedException>(() => CountAsync(stream));
        Assert.Equal((JobError.WorkerLost, doomed.Key), (lost.Error, lost.Worker));
    }

    [Fact]
    public async Task A_short_silence_of_the_network_delays_a_stream_and_a_long_one_loses_it_and_the_same_nodes_stream_again()
    {
        var worker = await Cluster.AddWorkerAsync("w1", Streaming);
        var client = await Cluster.ConnectAsync(
            ClientSettings.Default with { GateSilence = TimeSpan.FromSeconds(1), GateTimeout = TimeSpan.FromSeconds(3) });
        await using (var delayed = client.StreamAsync<byte[]>(Message(Pieces, PieceBytes), Once).GetAsyncEnumerator())
        {
            Assert.True(await delayed.MoveNextAsync());
            worker.Silence();
            var rest = CountAsync(delayed);
            await Cluster.Log.UntilAsync(lines => lines.Contains("it has been silent for", StringComparison.Ordinal));
            worker.Mend();
            Assert.Equal(Pieces - 1, await rest);
        }

        await using (var lost = client.StreamAsync<byte[]>(Message(Pieces, PieceBytes), Once).GetAsyncEnumerator())
        {
            Assert.True(await lost.MoveNextAsync());
            worker.Silence();
            var failure = await Assert.ThrowsAsync<JobFailedException>(() => CountAsync(lost));
            Assert.Equal((JobError.WorkerLost, worker.Key), (failure.Error, failure.Worker));
            worker.Mend();
        }

        await using var again = client.StreamAsync<byte[]>(Message(Pieces, PieceBytes), Once).GetAsyncEnumerator();
        Assert.Equal(Pieces, await CountAsync(again));
    }

    private static async Task<int> CountAsync(IAsyncEnumerator<byte[]> stream)
    {
        var count = 0;
        while (await stream.MoveNextAsync())
        {
            count++;
        }

        return count;
    }

    private WorkerOptions Streaming => new() { Actor = Props.Create(() => new Streamer(_made)) };

    private static Do Message(int pieces, int bytes) =>
        new(Act.Reply, string.Create(CultureInfo.InvariantCulture, $"{pieces} {bytes}"));

    private static XxHash3 Sent(int pieces)
    {
        var hash = new XxHash3();
        for (var i = 0; i < pieces; i++)
        {
            hash.Append(Streamer.Piece(i, PieceBytes));
        }

        return hash;
    }

    private static async Task AssertIdleAsync(BalancedClient client) => Assert.Empty(await client.InFlightAsync());

    private sealed class Streamer : ReceiveActor
    {
        public Streamer(StrongBox<int> made) => Receive<Do>(m =>
        {
            var numbers = m.Text.Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            switch (m.Act)
            {
                case Act.ReplyHuge:
                    var whole = new MemoryStream(numbers[0] * PieceBytes);
                    for (var i = 0; i < numbers[0]; i++)
                    {
                        whole.Write(Piece(i, PieceBytes));
                    }

                    Sender.Tell(whole.ToArray());
                    break;
                case Act.Reply when numbers[0] == 1:
                    Sender.Tell(Piece(0, numbers[1]));
                    break;
                default:
                    Sender.Tell(ReplyStream.Of(Messages(numbers[0], numbers[1], m.Act == Act.Fail, made)));
                    break;
            }
        });

        public static byte[] Piece(int number, int bytes)
        {
            var piece = new byte[bytes];
            new Random(number).NextBytes(piece);
            return piece;
        }

        private static async IAsyncEnumerable<byte[]> Messages(
            int count, int bytes, bool fails, StrongBox<int> made, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < count; i++)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                Interlocked.Increment(ref made.Value);
                yield return Piece(i, bytes);
            }

            if (fails)
            {
                throw new InvalidOperationException("no such luck");
            }
        }
    }
}
