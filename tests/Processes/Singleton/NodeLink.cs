using System.Net;
using System.Net.Sockets;
using AkkaLb.Tests.Support;

namespace AkkaLb.Processes.Singleton;

/// <summary>The way to one balancer: others reach it at <see cref="Port"/>, it listens behind it. Knows which process each connection comes from,
/// so that balancers can be cut off from each other while workers and clients are not.</summary>
/// <remarks>A connection that is cut stays open and silent, as in a network that swallows packets: what is sent is lost.</remarks>
internal sealed class NodeLink : IAsyncDisposable
{
    private readonly int _target;
    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePorts.Take());
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<TcpClient> _open = [];
    private readonly Task _accepting;
    private IReadOnlyList<int> _pids = [];

    public NodeLink(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Where the balancer listens.</summary>
    public int Target => _target;

    /// <summary>Processes that connections are told apart by.</summary>
    public IReadOnlyList<int> Candidates { get; set; } = [];

    /// <summary>From now on nothing passes from and to these processes.</summary>
    public void Cut(params IReadOnlyList<int> pids)
    {
        lock (_lock)
        {
            _pids = pids;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        lock (_lock)
        {
            foreach (var connection in _open)
            {
                connection.Dispose();
            }
        }

        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var inbound = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(inbound);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient inbound)
    {
        using var outbound = new TcpClient();
        Track(inbound, outbound);
        try
        {
            await outbound.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            (inbound.NoDelay, outbound.NoDelay) = (true, true);
            var from = ((IPEndPoint)inbound.Client.RemoteEndPoint!).Port;
            var owner = new Lazy<int?>(() => SocketOwners.Find(from, Port, Candidates));
            await Task.WhenAny(PumpAsync(inbound, outbound, owner), PumpAsync(outbound, inbound, owner));
        }
        catch (Exception e) when (
            e is OperationCanceledException or SocketException or ObjectDisposedException or IOException or InvalidOperationException)
        {
        }
        finally
        {
            lock (_lock)
            {
                _open.Remove(inbound);
                _open.Remove(outbound);
            }

            inbound.Dispose();
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, Lazy<int?> owner)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var count = await from.GetStream().ReadAsync(buffer, _stop.Token);
            if (count == 0)
            {
                return;
            }

            if (!IsCutFor(owner))
            {
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }
        }
    }

    /// <summary>Whose connection it is need be known only while somebody is cut off.</summary>
    private bool IsCutFor(Lazy<int?> owner)
    {
        IReadOnlyList<int> pids;
        lock (_lock)
        {
            pids = _pids;
        }

        return pids.Count > 0 && owner.Value is { } pid && pids.Contains(pid);
    }

    private void Track(TcpClient inbound, TcpClient outbound)
    {
        lock (_lock)
        {
            _open.Add(inbound);
            _open.Add(outbound);
        }
    }
}
