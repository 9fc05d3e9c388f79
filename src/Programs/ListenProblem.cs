using System.Net.Sockets;

namespace AkkaLb.Programs;

/// <summary>Why a program cannot listen, for the operator.</summary>
internal static class ListenProblem
{
    /// <param name="portFlag">With which another port is chosen.</param>
    /// <param name="hostFlag">With which another address is chosen.</param>
    public static string Describe(SocketException cause, string host, int port, string portFlag, string hostFlag) =>
        cause.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse =>
                $"port {port} on {host} is in use: stop what listens there, or choose another {portFlag} (0: any free one)",
            SocketError.AddressNotAvailable or SocketError.HostNotFound or SocketError.NoData =>
                $"{host} is not an address of this machine: choose another {hostFlag}",
            SocketError.AccessDenied => $"port {port} may not be used by this user: choose another {portFlag}",
            _ => $"this program cannot listen on {host}:{port}: {cause.Message}",
        };
}
