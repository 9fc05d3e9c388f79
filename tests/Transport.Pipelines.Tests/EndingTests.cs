using System.Net.Sockets;
using Akka.Actor;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>How connections end, and what is told of it.</summary>
public sealed class EndingTests : IAsyncLifetime
{
    private static readonly Address Somewhere = new("tcp", "A", "127.0.0.1", 1);

    internal static readonly ConnectionLimits Limits = new(
        PayloadBytesMax: 128_000, OutboxBytesMax: 1 << 20, ReadBufferBytes: 4096, ListenerWithin: Transports.Bound, LingerFor: Transports.Bound,
        StalledFor: Transports.Bound);

    private readonly Transports _transports = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _transports.DisposeAsync();

    public static TheoryData<string, DisassociateInfo> Ways => new()
    {
        { "the peer closes", DisassociateInfo.Unknown },
        { "the peer sends no more", DisassociateInfo.Unknown },
        { "the peer resets", DisassociateInfo.Shutdown },
        { "the node disassociates, then the peer closes", DisassociateInfo.Unknown },
        { "the node disassociates twice, then the peer closes", DisassociateInfo.Unknown },
        { "the node disassociates, then the peer resets", DisassociateInfo.Shutdown },
        { "both at once", DisassociateInfo.Unknown },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Listener_hears_once_that_it_is_over_whoever_ended_it(string way, DisassociateInfo expected)
    {
        var (near, far) = await RawPeer.PairAsync();
        using var peer = far;
        var connection = Connect(near, Limits);
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);
        await peer.SendFrameAsync(1);
        Assert.Equal([1], await recorder.PayloadAsync());

        await (way switch
        {
            "the peer closes" => Do(peer.Dispose),
            "the peer sends no more" => Do(peer.HalfClose),
            "the peer resets" => Do(peer.Reset),
            "the node disassociates, then the peer closes" => DisassociateThen(peer.Dispose),
            "the node disassociates twice, then the peer closes" => DisassociateThen(() =>
            {
                connection.Close();
                peer.Dispose();
            }),
            "the node disassociates, then the peer resets" => DisassociateThen(peer.Reset),
            _ => Task.WhenAll(Task.Run(connection.Close), Task.Run(peer.Dispose)),
        });

        var (payloads, info) = await recorder.UntilEndAsync();
        Assert.Empty(payloads);
        Assert.Equal(expected, info);
        await connection.Ended.WaitAsync(Transports.Bound);
        Assert.Equal(1, recorder.Ends);
        Assert.Empty(recorder.Rest());
        Assert.False(connection.Write(ByteString.CopyFrom(1)));
        connection.Close();

        static Task Do(Action act)
        {
            act();
            return Task.CompletedTask;
        }

        async Task DisassociateThen(Action act)
        {
            connection.Close();
            Assert.Equal(0, await peer.ToEndAsync());
            act();
        }
    }

    [Fact]
    public async Task Both_sides_hear_once_that_it_is_over_when_they_disassociate_at_once()
    {
        var (near, far) = (await _transports.ListenAsync(), await _transports.ListenAsync());
        for (var round = 0; round < 200; round++)
        {
            var (a, b) = (await near.DialAsync(far.Address), await far.NextAsync());
            var (heardByA, heardByB) = (new Recorder(), new Recorder());
            a.ReadHandlerSource.SetResult(heardByA);
            b.ReadHandlerSource.SetResult(heardByB);
            Assert.True(a.Write(ByteString.CopyFrom(1)));
            Assert.True(b.Write(ByteString.CopyFrom(2)));

            await Task.WhenAll(Task.Run(a.Close), Task.Run(b.Close));

            await Task.WhenAll(a.Ended, b.Ended).WaitAsync(Transports.Bound);
            Assert.Equal((1, 1), (heardByA.Ends, heardByB.Ends));
        }

        await Transports.UntilAsync(() => near.Transport.Connections.Count + far.Transport.Connections.Count == 0, "no connection is left");
    }

    [Fact]
    public Task Whoever_disassociates_loses_nothing_of_what_he_wrote_and_hears_nothing_twice() => EndAmidTrafficAsync(300, async () =>
    {
        var (near, far) = await RawPeer.PairAsync();
        return (Connect(near, Limits), Connect(far.Socket, Limits));
    });

    /// <summary>Many connections at a time, each with frames of many sizes on their way in both directions when one side ends it.</summary>
    /// <param name="connect">Two ends of a connection; both linger as long as it takes.</param>
    internal static Task EndAmidTrafficAsync(int rounds, Func<Task<(Connection A, Connection B)>> connect)
    {
        return Parallel.ForAsync(0, rounds, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (round, failed) =>
        {
            var isEndedByA = round % 2 == 0;
            var (a, b) = await connect();
            var (heardByA, heardByB) = (new Recorder(), new Recorder());
            a.ReadHandlerSource.SetResult(heardByA);
            b.ReadHandlerSource.SetResult(heardByB);
            var (sendingByA, sendingByB) = (Task.Run(() => Write(a, round), failed), Task.Run(() => Write(b, -round), failed));

            await (isEndedByA ? sendingByA : sendingByB);
            (isEndedByA ? a : b).Close();

            await Task.WhenAll(a.Ended, b.Ended).WaitAsync(Transports.Bound, failed);
            Assert.Equal((1, 1), (heardByA.Ends, heardByB.Ends));
            var (sentByA, sentByB) = (await sendingByA, await sendingByB);
            var (toA, toB) = ((await heardByA.UntilEndAsync()).Payloads, (await heardByB.UntilEndAsync()).Payloads);
            AssertBeginning(sentByA, toB, isWhole: isEndedByA, round);
            AssertBeginning(sentByB, toA, isWhole: !isEndedByA, round);
        });

        static List<byte[]> Write(Connection by, int seed)
        {
            var random = new Random(seed);
            var sent = new List<byte[]>();
            for (var count = random.Next(1, 100); sent.Count < count;)
            {
                var payload = new byte[random.Next(1, random.Next(8) == 0 ? 30_000 : 500)];
                random.NextBytes(payload);
                if (!by.Write(ByteString.CopyFrom(payload)))
                {
                    break;
                }

                sent.Add(payload);
            }

            return sent;
        }

        static void AssertBeginning(List<byte[]> sent, IReadOnlyList<byte[]> arrived, bool isWhole, int round)
        {
            Assert.True(isWhole ? arrived.Count == sent.Count : arrived.Count <= sent.Count, $"round {round}: {arrived.Count} of {sent.Count} came");
            Assert.True(arrived.Zip(sent).All(p => p.First.AsSpan().SequenceEqual(p.Second)), $"round {round}: other frames came than were sent");
        }
    }

    [Fact]
    public async Task Write_after_the_disassociation_is_refused()
    {
        var node = await _transports.ListenAsync();
        using var peer = await RawPeer.ConnectAsync(node.Port);
        var connection = await node.NextAsync();

        connection.Close();

        Assert.False(connection.Write(ByteString.CopyFrom(1)));
        Assert.Equal(0, await peer.ToEndAsync());
    }

    [Fact]
    public async Task What_was_written_before_the_disassociation_arrives_whole_at_a_peer_that_begins_to_read_later()
    {
        const int frames = 8;
        // More than both kernels hold.
        var (near, far) = await RawPeer.PairAsync();
        using var peer = far;
        var connection = Connect(near, Limits);
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);
        var sent = Enumerable.Range(0, frames).Select(i => Enumerable.Repeat((byte)i, 127_000).ToArray()).ToArray();
        Assert.All(sent, payload => Assert.True(connection.Write(ByteString.CopyFrom(payload))));

        connection.Close();

        for (var i = 0; i < frames; i++)
        {
            Assert.Equal(sent[i], await peer.FrameAsync());
        }

        Assert.Null(await peer.FrameAsync());
        Assert.Equal(0, recorder.Ends);
        peer.Dispose();
        Assert.Equal(DisassociateInfo.Unknown, (await recorder.UntilEndAsync()).Info);
    }

    /// <summary>A kernel that closes a socket with something unread resets the connection, and the peer's kernel then throws away what the peer has
    /// not read yet.</summary>
    [Fact]
    public async Task Peer_that_goes_on_sending_reads_everything_that_was_written_before_the_disassociation()
    {
        var (near, far) = await RawPeer.PairAsync();
        using var peer = far;
        var connection = Connect(near, Limits);
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);
        var flood = RawPeer.Frame(new byte[100_000]);
        var payload = new byte[100_000];
        for (var i = 0; i < 8; i++)
        {
            Assert.True(connection.Write(ByteString.CopyFrom(payload)));
        }

        connection.Close();
        for (var i = 0; i < 40; i++)
        {
            await peer.SendAsync(flood);
        }

        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(payload, await peer.FrameAsync());
        }

        Assert.Null(await peer.FrameAsync());
        await peer.SendAsync(flood);
        peer.Dispose();
        var (payloads, info) = await recorder.UntilEndAsync();
        Assert.Equal(DisassociateInfo.Unknown, info);
        Assert.Empty(payloads);
    }

    [Fact]
    public async Task Peer_that_never_closes_is_left_when_the_time_to_linger_is_over()
    {
        var (near, far) = await RawPeer.PairAsync();
        using var peer = far;
        var connection = Connect(near, Limits with { LingerFor = TimeSpan.FromMilliseconds(200) });
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);
        Assert.True(connection.Write(ByteString.CopyFrom(1)));

        connection.Close();

        Assert.Equal([1], await peer.FrameAsync());
        Assert.Null(await peer.FrameAsync());
        await connection.Ended.WaitAsync(Transports.Bound);
        Assert.Equal(1, recorder.Ends);
    }

    [Fact]
    public async Task Peer_that_reads_nothing_and_sends_all_the_time_is_left_when_the_time_to_linger_is_over()
    {
        var (near, far) = await RawPeer.PairAsync();
        using var peer = far;
        var connection = Connect(near, Limits with { LingerFor = TimeSpan.FromMilliseconds(200) });
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);
        while (connection.Write(ByteString.CopyFrom(new byte[100_000])))
        {
        }

        connection.Close();
        var flooding = Task.Run(async () =>
        {
            while (true)
            {
                await peer.SendAsync(RawPeer.Frame(new byte[10_000]));
            }
        });

        await connection.Ended.WaitAsync(Transports.Bound);
        Assert.Equal(1, recorder.Ends);
        await Assert.ThrowsAnyAsync<SocketException>(() => flooding.WaitAsync(Transports.Bound));
    }

    [Fact]
    public async Task Peer_that_takes_nothing_for_too_long_is_left_and_that_is_told_in_a_sentence()
    {
        var (near, far) = await RawPeer.PairAsync();
        using var peer = far;
        var troubles = new List<string>();
        var connection = Connect(near, Limits with { StalledFor = TimeSpan.FromSeconds(1) }, (_, _, sentence) => troubles.Add(sentence));
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);
        while (connection.Write(ByteString.CopyFrom(new byte[100_000])))
        {
        }

        await connection.Ended.WaitAsync(Transports.Bound);
        Assert.Equal(1, recorder.Ends);
        Assert.Equal(["it took nothing of what was sent to it for 1 s"], troubles);
    }

    /// <summary>Akka takes two of them for one and the same.</summary>
    [Fact]
    public async Task Shutdown_ends_each_of_several_connections_with_the_same_node()
    {
        const int connections = 3;
        var (near, far) = (await _transports.ListenAsync(), await _transports.ListenAsync());
        far.Handler = _ => new Recorder();
        var dialled = new List<Connection>();
        for (var i = 0; i < connections; i++)
        {
            dialled.Add(await near.DialAsync(far.Address));
            dialled[i].ReadHandlerSource.SetResult(new Recorder());
            Assert.True(dialled[i].Write(ByteString.CopyFrom(1)));
        }

        Assert.Equal(connections, near.Transport.Connections.Count);
        dialled[0].Close();
        await dialled[0].Ended.WaitAsync(Transports.Bound);
        await Transports.UntilAsync(() => near.Transport.Connections.Count == connections - 1, "one connection is forgotten, and no other");

        await near.Transport.Shutdown().WaitAsync(Transports.Bound);

        await Task.WhenAll(dialled.Select(c => c.Ended)).WaitAsync(Transports.Bound);
        Assert.All(dialled, c => Assert.False(c.Write(ByteString.CopyFrom(1))));
    }

    /// <summary>In any order with dials, connections that come, and writes.</summary>
    [Fact]
    public async Task Shutdown_amid_everything_ends_it_all()
    {
        for (var round = 0; round < 20; round++)
        {
            var random = new Random(round);
            var (near, far) = (await _transports.ListenAsync(), await _transports.ListenAsync());
            var recorders = new System.Collections.Concurrent.ConcurrentBag<Recorder>();
            near.Handler = far.Handler = connection =>
            {
                var recorder = new Recorder(payload => connection.Write(payload));
                recorders.Add(recorder);
                return recorder;
            };
            var dialling = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                try
                {
                    while (true)
                    {
                        var (from, to) = i % 2 == 0 ? (near, far) : (far, near);
                        var connection = await from.DialAsync(to.Address);
                        var recorder = new Recorder();
                        recorders.Add(recorder);
                        connection.ReadHandlerSource.SetResult(recorder);
                        while (connection.Write(ByteString.CopyFrom(new byte[100])) && recorders.Count % 7 != 0)
                        {
                            await recorder.NextAsync();
                        }

                        connection.Close();
                    }
                }
                catch (InvalidAssociationException)
                {
                    // One of the two is closed.
                }
            })).ToArray();
            await Transports.UntilAsync(() => recorders.Count > random.Next(40), "there are connections");

            await Task.WhenAll(near.Transport.Shutdown(), far.Transport.Shutdown()).WaitAsync(Transports.Bound);

            await Task.WhenAll(dialling).WaitAsync(Transports.Bound);
            await Transports.UntilAsync(
                () => near.Transport.Connections.Count + far.Transport.Connections.Count == 0 && recorders.All(r => r.Ends == 1),
                $"round {round}: no connection is left, and each listener has heard once that it is over");
        }
    }

    [Fact]
    public async Task Shutdown_sends_what_was_written_and_does_not_wait_for_peers_that_never_close()
    {
        var node = await _transports.ListenAsync();
        var recorder = new Recorder();
        node.Handler = _ => recorder;
        using var silent = await RawPeer.ConnectAsync(node.Port);
        using var reader = await RawPeer.ConnectAsync(node.Port);
        var (first, second) = (await node.NextAsync(), await node.NextAsync());
        Assert.True(first.Write(ByteString.CopyFrom(1)));
        Assert.True(second.Write(ByteString.CopyFrom(1)));

        var reading = ReadAsync();

        var shutdown = node.Transport.Shutdown();

        Assert.Equal([1], await reading);
        Assert.True(await shutdown.WaitAsync(Transports.Bound));
        await Transports.UntilAsync(() => node.Transport.Connections.Count == 0, "no connection is left");
        Assert.Equal(2, recorder.Ends);
        Assert.True(await node.Transport.Shutdown().WaitAsync(Transports.Bound));

        async Task<byte[]?> ReadAsync()
        {
            var frame = await reader.FrameAsync();
            Assert.Null(await reader.FrameAsync());
            return frame;
        }
    }

    internal static Connection Connect(
        Socket socket, ConnectionLimits limits, Action<Connection, string, string>? onTrouble = null, Stream? stream = null) =>
        new(Somewhere, Somewhere, socket, stream ?? new NetworkStream(socket, ownsSocket: true), limits, onTrouble);
}
