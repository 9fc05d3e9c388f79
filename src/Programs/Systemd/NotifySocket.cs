using System.Net.Sockets;
using System.Text;

namespace AkkaLb.Programs.Systemd;

/// <summary>The socket at which systemd hears how a service of <c>Type=notify</c> is: a datagram for each state, as <c>sd_notify(3)</c> says.
/// Thread-safe.</summary>
/// <param name="address">The value of <c>NOTIFY_SOCKET</c>: a path, or a name in Linux's abstract namespace behind an <c>@</c>.</param>
internal sealed class NotifySocket(string address)
{
    /// <summary>A manager that reads nothing for so long does not get this state.</summary>
    private const int SendMaxMs = 1000;

    /// <exception cref="SocketException">Nobody is there.</exception>
    /// <exception cref="ArgumentException">It is no address of a socket.</exception>
    public void Send(string state)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = SendMaxMs };
        var endpoint = new UnixDomainSocketEndPoint(address.StartsWith('@') ? $"\0{address[1..]}" : address);
        socket.SendTo(Encoding.UTF8.GetBytes(state), endpoint);
    }
}
