using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>The other side of a connection as a bare socket, which does what no transport would.</summary>
internal sealed class RawPeer(Socket socket) : IDisposable
{
    public Socket Socket => socket;

    public static async Task<RawPeer> ConnectAsync(int port, int receiveBufferBytes = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBufferBytes > 0)
            {
                socket.ReceiveBufferSize = receiveBufferBytes;
            }

            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port)).WaitAsync(Transports.Bound);
            return new RawPeer(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Two ends of one connection, neither of them a transport's. Their kernels hold little, so that a peer that does not read is
    /// noticed.</summary>
    public static async Task<(Socket Near, RawPeer Far)> PairAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var far = await ConnectAsync(((IPEndPoint)listener.LocalEndPoint!).Port, receiveBufferBytes: 8192);
        var near = await listener.AcceptAsync().WaitAsync(Transports.Bound);
        near.SendBufferSize = 8192;
        return (near, far);
    }

    public async Task SendAsync(Memory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes).AsTask().WaitAsync(Transports.Bound)..];
        }
    }

    public Task SendAsync(byte[] bytes) => SendAsync(bytes.AsMemory());

    public Task SendFrameAsync(params byte[] payload) => SendAsync(Frame(payload));

    /// <summary>Null: the other side sends no more.</summary>
    public async Task<byte[]?> FrameAsync()
    {
        var header = new byte[Frames.HeaderBytes];
        if (!await TryFillAsync(header))
        {
            return null;
        }

        var payload = new byte[BinaryPrimitives.ReadInt32LittleEndian(header)];
        Assert.True(payload.Length == 0 || await TryFillAsync(payload), "the connection ended within a frame");
        return payload;
    }

    /// <summary>Reads until the other side sends no more.</summary>
    /// <returns>How many bytes came.</returns>
    /// <exception cref="SocketException">It was reset.</exception>
    public async Task<long> ToEndAsync()
    {
        var buffer = new byte[64 * 1024];
        long bytes = 0;
        while (await socket.ReceiveAsync(buffer).WaitAsync(Transports.Bound) is var count and > 0)
        {
            bytes += count;
        }

        return bytes;
    }

    /// <summary>Until the other side is gone, however it goes.</summary>
    public async Task UntilGoneAsync()
    {
        try
        {
            await ToEndAsync();
        }
        catch (SocketException)
        {
        }
    }

    /// <summary>No more is sent; reading goes on.</summary>
    public void HalfClose() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>As the kernel does for a process that was killed while something was unread.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    public static byte[] Frame(params byte[] payload) => [.. Header(payload.Length), .. payload];

    public static byte[] Header(int length)
    {
        var header = new byte[Frames.HeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        return header;
    }

    private async Task<bool> TryFillAsync(Memory<byte> buffer)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            var count = await socket.ReceiveAsync(buffer[filled..]).AsTask().WaitAsync(Transports.Bound);
            if (count == 0)
            {
                Assert.True(filled == 0, "the connection ended within a header or a payload");
                return false;
            }

            filled += count;
        }

        return true;
    }
}
