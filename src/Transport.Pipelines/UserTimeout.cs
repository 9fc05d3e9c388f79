using System.Buffers.Binary;
using System.Net.Sockets;

namespace AkkaLb.Transport.Pipelines;

/// <summary>Has the kernel end a connection whose other end has acknowledged nothing for a while, so that the next message dials again.</summary>
/// <remarks>
/// <para>TCP by itself doubles the time between two tries to send: after a network cut of 30 s it may stay silent for another 20 s, and everybody
/// waits for a network that is back. The limit is TCP's user timeout (RFC 5482). The kernel of a process that is paused still acknowledges, so a
/// pause ends no connection, unless more is sent to the process meanwhile than its kernel holds: what cannot be sent for so long counts like what is
/// not acknowledged. Akka's heartbeats, one every 4 s, are what goes unacknowledged where nothing else is sent.</para>
/// <para>Linux only; elsewhere connections keep to TCP's own times.</para>
/// </remarks>
internal static class UserTimeout
{
    private const int Tcp = 6;
    private const int Option = 18;

    /// <param name="limit">Zero: TCP's own.</param>
    public static void Set(Socket socket, TimeSpan limit)
    {
        if (OperatingSystem.IsLinux())
        {
            Span<byte> value = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(value, (int)limit.TotalMilliseconds);
            socket.SetRawSocketOption(Tcp, Option, value);
        }
    }

    /// <summary>Zero: TCP's own.</summary>
    public static TimeSpan Of(Socket socket)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(Tcp, Option, value);
        return TimeSpan.FromMilliseconds(BinaryPrimitives.ReadInt32LittleEndian(value));
    }
}
