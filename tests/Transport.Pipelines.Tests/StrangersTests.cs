using System.Net.Sockets;
using System.Text;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>Whoever can reach the port may do what he likes with his own connection, and with nothing else.</summary>
public sealed class StrangersTests : IAsyncLifetime
{
    private readonly Transports _transports = new();

    public static TheoryData<string, byte[]> Greetings => new()
    {
        { "a length of -1", RawPeer.Header(-1) },
        { "the smallest length", RawPeer.Header(int.MinValue) },
        { "the largest length", RawPeer.Header(int.MaxValue) },
        { "one byte too many", RawPeer.Header(128_065) },
        { "HTTP", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: node\r\nUser-Agent: somebody\r\n\r\n") },
        { "a frame, then a length of -1", [.. RawPeer.Frame(1), .. RawPeer.Header(-1)] },
    };

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _transports.DisposeAsync();

    [Theory]
    [MemberData(nameof(Greetings))]
    public async Task Stranger_whose_bytes_are_no_frame_loses_his_connection_and_is_told_in_one_line(string what, byte[] bytes)
    {
        var node = await EchoAsync();
        var lines = _transports.Warnings();
        using var good = await RawPeer.ConnectAsync(node.Port);
        await AnswersAsync(good);

        for (var i = 0; i < 3; i++)
        {
            using var stranger = await RawPeer.ConnectAsync(node.Port);
            await stranger.SendAsync(bytes);
            await stranger.UntilGoneAsync();
        }

        var line = await lines.NextAsync();
        Assert.Matches(
            @"^the connection with 127\.0\.0\.1:\d+ ended: it announced a frame of \d+ bytes, and 128064 are allowed "
                + @"\(maximum-frame-size\), or it speaks something else$",
            line);
        await AnswersAsync(good);
        await NobodyLeftButAsync(node, 1);
        Assert.True((await _transports.RestAsync(lines)).Count == 0, $"{what} was told more than once");
    }

    [Fact]
    public async Task Strangers_who_send_anything_lose_their_connections_and_fill_no_log()
    {
        const int strangers = 400;
        var node = await EchoAsync();
        var lines = _transports.Warnings();
        using var good = await RawPeer.ConnectAsync(node.Port);

        for (var seed = 0; seed < strangers; seed++)
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(1, random.Next(10) == 0 ? 300_000 : 100)];
            random.NextBytes(bytes);
            if (random.Next(3) == 0)
            {
                RawPeer.Frame(new byte[random.Next(0, 20)]).AsSpan(0, Math.Min(4, bytes.Length)).CopyTo(bytes);
            }

            using var stranger = await RawPeer.ConnectAsync(node.Port);
            try
            {
                await stranger.SendAsync(bytes);
                if (random.Next(2) == 0)
                {
                    stranger.HalfClose();
                    await stranger.UntilGoneAsync();
                }
            }
            catch (SocketException)
            {
                // He lost it while he was sending.
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }

            if (seed % 50 == 0)
            {
                await AnswersAsync(good);
            }
        }

        await AnswersAsync(good);
        await NobodyLeftButAsync(node, 1);
        var told = await _transports.RestAsync(lines);
        Assert.True(told.Count is 1, $"{told.Count} lines, such as: {string.Join("\n", told.Take(5))}");
    }

    [Fact]
    public async Task Two_thousand_connections_that_are_opened_and_dropped_leave_nothing_behind()
    {
        const int strangers = 2000;
        var node = await EchoAsync();
        using var good = await RawPeer.ConnectAsync(node.Port);
        await AnswersAsync(good);

        await Parallel.ForAsync(0, strangers, new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (i, _) =>
        {
            using var stranger = await RawPeer.ConnectAsync(node.Port);
            switch (i % 5)
            {
                case 0:
                    break;
                case 1:
                    stranger.Reset();
                    break;
                case 2:
                    await stranger.SendAsync("nonsense"u8.ToArray());
                    break;
                case 3:
                    await stranger.SendAsync(RawPeer.Frame(new byte[100])[..50]);
                    break;
                default:
                    await AnswersAsync(stranger);
                    break;
            }

            if (i % 400 == 0)
            {
                await AnswersAsync(good);
            }
        });

        await AnswersAsync(good);
        await NobodyLeftButAsync(node, 1);
        using var later = await RawPeer.ConnectAsync(node.Port);
        await AnswersAsync(later);
    }

    /// <summary>An actor system that starts: it listens, and nobody takes the connections yet.</summary>
    [Fact]
    public async Task Peers_that_come_before_anybody_takes_connections_are_taken_afterwards()
    {
        var transport = _transports.Create();
        var (address, associations) = await transport.Listen();
        using var early = await RawPeer.ConnectAsync(address.Port!.Value);
        await early.SendFrameAsync(1);

        var listening = new Listening(transport, address);
        listening.Echo();
        associations.SetResult(listening);

        Assert.Equal([1], await early.FrameAsync());
    }

    private async Task<Listening> EchoAsync()
    {
        var node = await _transports.ListenAsync();
        node.Echo();
        return node;
    }

    private static async Task AnswersAsync(RawPeer peer)
    {
        await peer.SendFrameAsync(1, 2, 3);
        Assert.Equal([1, 2, 3], await peer.FrameAsync());
    }

    private static Task NobodyLeftButAsync(Listening node, int count) => Transports.UntilAsync(
        () => node.Transport.Connections.Count == count, $"the transport holds {count} connections");
}
