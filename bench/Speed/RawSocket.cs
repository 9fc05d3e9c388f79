using System.Net;
using System.Net.Sockets;

namespace AkkaLb.Bench.Speed;

/// <summary>Questions over a plain socket to a process that answers on the thread that reads: no actors, no frames, no serializer.</summary>
internal static class RawSocket
{
    public const string Name = "socket";
    public const string Call = "call";

    /// <summary>About as many as the frame of an assignment's question.</summary>
    private const int Bytes = 200;

    /// <summary>Serves until standard input ends.</summary>
    public static async Task ServeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Console.WriteLine($"ready server {listener.LocalEndpoint}");
        _ = AcceptAsync(listener);
        await Console.In.ReadToEndAsync();
    }

    /// <summary>As many connections as calls are in flight: each is used for one call at a time.</summary>
    public static async Task DriveAsync(string server)
    {
        var idle = new System.Collections.Concurrent.ConcurrentBag<Socket>();
        await Driver.RunAsync(new Dictionary<string, Func<Task<int>>> { [Call] = CallAsync });

        async Task<int> CallAsync()
        {
            if (!idle.TryTake(out var socket))
            {
                socket = NewSocket();
                await socket.ConnectAsync(IPEndPoint.Parse(server));
            }

            var bytes = new byte[Bytes];
            await socket.SendAsync(bytes);
            idle.Add(await ReadAsync(socket, bytes) ? socket : throw new InvalidDataException("the other side has ended"));
            return 1;
        }
    }

    private static async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            _ = AnswerAsync(await listener.AcceptSocketAsync());
        }
    }

    private static async Task AnswerAsync(Socket socket)
    {
        socket.NoDelay = true;
        var bytes = new byte[Bytes];
        while (await ReadAsync(socket, bytes))
        {
            await socket.SendAsync(bytes);
        }
    }

    /// <summary>False: the other side has ended.</summary>
    private static async ValueTask<bool> ReadAsync(Socket socket, Memory<byte> bytes)
    {
        for (var read = 0; read < bytes.Length;)
        {
            var count = await socket.ReceiveAsync(bytes[read..]);
            if (count == 0)
            {
                return false;
            }

            read += count;
        }

        return true;
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
}
