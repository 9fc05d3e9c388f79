using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace AkkaLb.Tests.Support;

/// <summary>The socket of a service manager, which hears what services of <c>Type=notify</c> tell.</summary>
public sealed class NotifyReceiver : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Channel<string> _heard = Channel.CreateUnbounded<string>();

    /// <param name="address">A path that is free, or a name in the abstract namespace behind an <c>@</c>.</param>
    public NotifyReceiver(string address)
    {
        Address = address;
        _socket.Bind(new UnixDomainSocketEndPoint(address.StartsWith('@') ? $"\0{address[1..]}" : address));
        _ = ReadAsync();
    }

    public string Address { get; }

    /// <summary>Whether something has come that nobody has taken.</summary>
    public bool HasMore => _heard.Reader.TryPeek(out _);

    /// <summary>What comes next.</summary>
    public ValueTask<string> NextAsync(CancellationToken stopping) => _heard.Reader.ReadAsync(stopping);

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

    /// <summary>All the time, as systemd does: the kernel holds ten datagrams, and then senders wait.</summary>
    private async Task ReadAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(buffer, SocketFlags.None);
                _heard.Writer.TryWrite(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _heard.Writer.TryComplete();
        }
    }
}
