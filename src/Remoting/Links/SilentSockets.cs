using System.Buffers.Binary;
using System.Collections;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;

namespace AkkaLb.Remoting.Links;

/// <summary>Has the kernel end a connection whose other end has acknowledged nothing for a while, so that the next message dials again.</summary>
/// <remarks>
/// <para>TCP by itself doubles the time between two tries to send: after a network cut of 30 s it may stay silent for another 20 s, and everybody
/// waits for a network that is back. The limit is TCP's user timeout (RFC 5482). The kernel of a process that is paused still acknowledges,
/// so a pause ends no connection until that kernel is full. Akka's heartbeats, one every 4 s, are what goes unacknowledged where nothing else is
/// sent.</para>
/// <para>Linux only; elsewhere connections keep to TCP's own times. Akka's transport does not show its sockets, so they are looked up by name in
/// it.</para>
/// </remarks>
internal sealed class SilentSockets
{
    /// <summary>As long as a client waits for a silent worker, see <c>akkalb.client.gate-timeout</c>.</summary>
    public static readonly TimeSpan EndAfter = TimeSpan.FromSeconds(12);

    private const int Tcp = 6;
    private const int UserTimeout = 18;
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>A connection has its limit this long after it came about, at the latest.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly IEnumerable _channels;
    private readonly ConditionalWeakTable<object, object?> _limited = [];

    private SilentSockets(IEnumerable channels) => _channels = channels;

    /// <summary>Limits the connections of a transport of Akka's, those that come too.</summary>
    /// <param name="scheduler">Runs the looks.</param>
    /// <returns>Ends it; null where this cannot be done.</returns>
    public static ICancelable? Limit(Akka.Remote.Transport.Transport transport, IScheduler scheduler, ILoggingAdapter log)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        if (Of(transport) is not { } sockets)
        {
            log.Warning("a connection that the network has cut is noticed late: this release of Akka does not show its sockets");
            return null;
        }

        return scheduler.Advanced.ScheduleRepeatedlyCancelable(LookEvery, LookEvery, sockets.Look);
    }

    /// <summary>Null when this release of Akka keeps its connections elsewhere.</summary>
    internal static SilentSockets? Of(Akka.Remote.Transport.Transport transport) =>
        FieldOf(transport, "ConnectionGroup")?.GetValue(transport) is IEnumerable channels ? new SilentSockets(channels) : null;

    /// <summary>The limit of a socket; zero: TCP's own.</summary>
    internal static TimeSpan LimitOf(Socket socket)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(Tcp, UserTimeout, value);
        return TimeSpan.FromMilliseconds(BinaryPrimitives.ReadInt32LittleEndian(value));
    }

    /// <summary>The sockets of all connections that stand.</summary>
    internal IEnumerable<Socket> Sockets =>
        _channels.Cast<object>().Select(SocketOf).OfType<Socket>().Where(socket => socket.Connected);

    /// <summary>Limits the connections that are new.</summary>
    internal void Look()
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(value, (int)EndAfter.TotalMilliseconds);
        foreach (var socket in Sockets)
        {
            if (!_limited.TryAdd(socket, null))
            {
                continue;
            }

            try
            {
                socket.SetRawSocketOption(Tcp, UserTimeout, value);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It was closed at that moment.
            }
        }
    }

    private static Socket? SocketOf(object channel) => FieldOf(channel, "Socket")?.GetValue(channel) as Socket;

    /// <summary>Also of a base class.</summary>
    private static FieldInfo? FieldOf(object of, string name)
    {
        for (var type = of.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetField(name, Own | BindingFlags.DeclaredOnly) is { } field)
            {
                return field;
            }
        }

        return null;
    }
}
