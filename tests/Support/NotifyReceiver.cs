using System.Net.Sockets;
using System.Text;

namespace AkkaLb.Tests.Support;

/// <summary>The socket of a service manager, which hears what services of <c>Type=notify</c> tell.</summary>
public sealed class NotifyReceiver : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[4096];

    /// <param name="address">A path that is free, or a name in the abstract namespace behind an <c>@</c>.</param>
    public NotifyReceiver(string address)
    {
        Address = address;
        _socket.Bind(new UnixDomainSocketEndPoint(address.StartsWith('@') ? $"\0{address[1..]}" : address));
    }

    public string Address { get; }

    /// <summary>Whether something has come that nobody has taken.</summary>
    public bool HasMore => _socket.Available > 0;

    /// <summary>What comes next.</summary>
    public async Task<string> NextAsync(CancellationToken stopping) =>
        Encoding.UTF8.GetString(_buffer, 0, await _socket.ReceiveAsync(_buffer, SocketFlags.None, stopping));

    /// <summary>Takes what comes until this does.</summary>
    /// <returns>What came before it.</returns>
    public async Task<IReadOnlyList<string>> UntilAsync(string state, TimeSpan bound)
    {
        using var over = new CancellationTokenSource(bound);
        var before = new List<string>();
        while (await NextAsync(over.Token) is var next && next != state)
        {
            before.Add(next);
        }

        return before;
    }

    public void Dispose()
    {
        _socket.Dispose();
        if (!Address.StartsWith('@'))
        {
            File.Delete(Address);
        }
    }
}
