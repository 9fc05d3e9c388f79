using System.Net;

namespace AkkaLb.Etcd;

/// <summary>What dialling needs of the machine's network.</summary>
internal interface INetwork
{
    /// <summary>All addresses of a name, best first.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The name has none.</exception>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);

    /// <exception cref="System.Net.Sockets.SocketException">The other side does not accept.</exception>
    Task<Stream> DialAsync(IPEndPoint address, CancellationToken cancellationToken);
}
