using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AkkaLb.Tests.Support;

/// <summary>Ports on loopback for servers that are told their port, or come back at it.</summary>
/// <remarks>A port that the kernel picked can be picked again for any connection as soon as nobody listens on it: another server's, or that of a
/// client which dials the port itself and so answers its own call. So these lie below the range that the kernel picks from. No two are the same
/// in a process, and processes that run side by side begin at different places.</remarks>
public static class FreePorts
{
    private const int First = 10_000;
    private const int PerProcess = 100;

    private static readonly int Count = KernelsFirst() - First;
    private static int _taken = Environment.ProcessId % (Count / PerProcess) * PerProcess;

    /// <summary>A port that nobody listens on and that is not given out again before all others were.</summary>
    public static int Take()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _taken) % Count);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ExclusiveAddressUse = true };
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
            }
        }
    }

    private static int KernelsFirst()
    {
        const string file = "/proc/sys/net/ipv4/ip_local_port_range";
        const int usual = 32_768;
        var first = File.Exists(file) ? int.Parse(File.ReadAllText(file).Split()[0], CultureInfo.InvariantCulture) : usual;
        return Math.Max(first, First + PerProcess);
    }
}
