using Akka.Remote.Transport;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>What a transport makes of what comes, and who hears it when.</summary>
public sealed class ReadingTests : IAsyncLifetime
{
    private readonly Transports _transports = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _transports.DisposeAsync();

    [Fact]
    public async Task Payloads_that_come_before_there_is_a_listener_wait_for_it_in_their_order()
    {
        var node = await _transports.ListenAsync();
        using var peer = await RawPeer.ConnectAsync(node.Port);
        var connection = await node.NextAsync();
        for (byte i = 1; i <= 100; i++)
        {
            await peer.SendFrameAsync(i, i);
        }

        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);
        await peer.SendFrameAsync(101);
        peer.HalfClose();

        var (payloads, _) = await recorder.UntilEndAsync();
        Assert.Equal([.. Enumerable.Range(1, 100).Select(i => new[] { (byte)i, (byte)i }), [101]], payloads);
        await connection.Ended.WaitAsync(Transports.Bound);
        Assert.Empty(recorder.Rest());
    }

    [Fact]
    public async Task Peer_that_leaves_before_there_is_a_listener_is_told_once_and_after_what_it_sent()
    {
        var node = await _transports.ListenAsync();
        using (var peer = await RawPeer.ConnectAsync(node.Port))
        {
            await peer.SendAsync([.. RawPeer.Frame(1), .. RawPeer.Frame(2)]);
        }

        var connection = await node.NextAsync();
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);

        Assert.Equal([[1], [2]], (await recorder.UntilEndAsync()).Payloads);
        await connection.Ended.WaitAsync(Transports.Bound);
        Assert.Empty(recorder.Rest());
    }

    [Fact]
    public async Task Listener_of_a_connection_that_was_disassociated_before_hears_of_its_end_and_of_nothing_else()
    {
        var node = await _transports.ListenAsync();
        using var peer = await RawPeer.ConnectAsync(node.Port);
        await peer.SendFrameAsync(1);
        var connection = await node.NextAsync();

        connection.Close();
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);
        Assert.Equal(0, await peer.ToEndAsync());
        peer.Dispose();

        await connection.Ended.WaitAsync(Transports.Bound);
        Assert.Empty((await recorder.UntilEndAsync()).Payloads);
        Assert.Empty(recorder.Rest());
    }

    [Fact]
    public async Task Connection_that_nobody_listens_to_ends_and_a_listener_that_comes_later_hears_of_it()
    {
        var node = await _transports.ListenAsync("connection-timeout = 200ms");
        using var peer = await RawPeer.ConnectAsync(node.Port);
        var connection = await node.NextAsync();

        Assert.Equal(0, await peer.ToEndAsync());
        await connection.Ended.WaitAsync(Transports.Bound);
        await Transports.UntilAsync(() => node.Transport.Connections.Count == 0, "the transport has forgotten the connection");
        Assert.False(connection.Write(Google.Protobuf.ByteString.Empty));
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);

        Assert.Empty((await recorder.UntilEndAsync()).Payloads);
        Assert.Empty(recorder.Rest());
    }

    /// <summary>It is an actor that names itself as the listener: reading on its thread it would handle no message while the peer sends.</summary>
    [Fact]
    public async Task Whoever_names_the_listener_does_not_read_for_it()
    {
        var node = await _transports.ListenAsync();
        using var peer = await RawPeer.ConnectAsync(node.Port);
        await peer.SendFrameAsync(1);
        var connection = await node.NextAsync();
        var reader = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);

        var naming = 0;
        var thread = new Thread(() =>
        {
            naming = Environment.CurrentManagedThreadId;
            connection.ReadHandlerSource.SetResult(new Recorder(_ => reader.TrySetResult(Environment.CurrentManagedThreadId)));
        });
        thread.Start();

        var reading = await reader.Task.WaitAsync(Transports.Bound);
        Assert.True(thread.Join(Transports.Bound));
        Assert.NotEqual(naming, reading);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(10)]
    public async Task Frame_that_ends_in_its_middle_is_not_told_and_those_before_it_are(int bytes)
    {
        var node = await _transports.ListenAsync();
        using var peer = await RawPeer.ConnectAsync(node.Port);
        var recorder = new Recorder();
        (await node.NextAsync()).ReadHandlerSource.SetResult(recorder);

        await peer.SendAsync([.. RawPeer.Frame(1), .. RawPeer.Frame(2), .. RawPeer.Frame(new byte[20])[..bytes]]);
        peer.HalfClose();

        var (payloads, info) = await recorder.UntilEndAsync();
        Assert.Equal([[1], [2]], payloads);
        Assert.Equal(DisassociateInfo.Unknown, info);
    }

    [Fact]
    public async Task Reset_within_a_frame_ends_the_connection_after_those_before_it()
    {
        var node = await _transports.ListenAsync();
        using var peer = await RawPeer.ConnectAsync(node.Port);
        var recorder = new Recorder();
        var connection = await node.NextAsync();
        connection.ReadHandlerSource.SetResult(recorder);
        await peer.SendAsync([.. RawPeer.Frame(1), .. RawPeer.Header(20), 1, 2, 3]);
        Assert.Equal([1], await recorder.PayloadAsync());

        peer.Reset();

        var (payloads, info) = await recorder.UntilEndAsync();
        Assert.Empty(payloads);
        Assert.Equal(DisassociateInfo.Shutdown, info);
        await connection.Ended.WaitAsync(Transports.Bound);
    }

    /// <summary>The standard transport measures a message before it wraps it, so its frames may be a little longer than both were told.</summary>
    [Fact]
    public async Task Longest_frame_is_read_and_one_byte_more_ends_the_connection_after_those_before_it()
    {
        var node = await _transports.ListenAsync("maximum-frame-size = 32000b");
        using var peer = await RawPeer.ConnectAsync(node.Port);
        var recorder = new Recorder();
        (await node.NextAsync()).ReadHandlerSource.SetResult(recorder);
        var longest = new byte[32_000 + 64];
        new Random(1).NextBytes(longest);

        await peer.SendFrameAsync(longest);
        Assert.Equal(longest, await recorder.PayloadAsync());
        await peer.SendAsync([.. RawPeer.Frame(7), .. RawPeer.Header(32_000 + 65)]);

        var (payloads, info) = await recorder.UntilEndAsync();
        Assert.Equal([[7]], payloads);
        Assert.Equal(DisassociateInfo.Unknown, info);
        await peer.UntilGoneAsync();
    }

    [Fact]
    public async Task Frames_of_all_lengths_come_whole_however_they_are_cut()
    {
        var node = await _transports.ListenAsync("maximum-frame-size = 40000b");
        using var peer = await RawPeer.ConnectAsync(node.Port);
        var recorder = new Recorder();
        (await node.NextAsync()).ReadHandlerSource.SetResult(recorder);
        var random = new Random(5);
        var sent = new List<byte[]>();
        for (var i = 0; i < 300; i++)
        {
            sent.Add(new byte[random.Next(5) == 0 ? random.Next(1, 40_001) : random.Next(1, 300)]);
            random.NextBytes(sent[^1]);
        }

        byte[] bytes = [.. sent.SelectMany(payload => RawPeer.Frame(payload))];
        for (var at = 0; at < bytes.Length;)
        {
            var portion = Math.Min(bytes.Length - at, random.Next(3) == 0 ? random.Next(1, 9) : random.Next(1, 100_000));
            await peer.SendAsync(bytes.AsMemory(at, portion));
            at += portion;
        }

        peer.HalfClose();
        Assert.Equal(sent, (await recorder.UntilEndAsync()).Payloads);
    }
}
