using System.Net;
using System.Net.Sockets;
using AkkaLb.Tests.Support;

namespace AkkaLb.Scenarios.Cluster;

/// <summary>The network in front of a worker: a relay whose connections can be broken as a killed process breaks them, without a goodbye, or fall
/// silent.</summary>
internal sealed class Wire : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePorts.Take());
    private readonly Lock _lock = new();
    private readonly List<(Socket Near, Socket Far)> _open = [];
    private TaskCompletionSource _flows = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isDown;

    public Wire()
    {
        _flows.SetResult();
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    /// <summary>Where others reach the worker.</summary>
    public int Port { get; }

    /// <summary>Begins to relay to the port at which the worker really listens.</summary>
    public void RelayTo(int port) => _ = AcceptAsync(port);

    /// <summary>Breaks the connection that was made last; new ones are welcome.</summary>
    public void CutLatest()
    {
        lock (_lock)
        {
            Reset(_open[^1]);
            _open.RemoveAt(_open.Count - 1);
        }
    }

    /// <summary>Breaks every connection and refuses new ones.</summary>
    public void Down()
    {
        lock (_lock)
        {
            _isDown = true;
            _listener.Stop();
            _open.ForEach(Reset);
            _open.Clear();
        }
    }

    /// <summary>Nothing passes in either direction; connections stay, and what was sent is kept.</summary>
    public void Silence()
    {
        lock (_lock)
        {
            _flows = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Everything passes again.</summary>
    public void Mend()
    {
        lock (_lock)
        {
            _flows.TrySetResult();
        }
    }

    public void Dispose()
    {
        Mend();
        Down();
    }

    private async Task AcceptAsync(int port)
    {
        try
        {
            while (true)
            {
                _ = RelayAsync(await _listener.AcceptSocketAsync(), port);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Down.
        }
    }

    private async Task RelayAsync(Socket near, int port)
    {
        var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            near.NoDelay = far.NoDelay = true;
            await far.ConnectAsync(IPAddress.Loopback, port);
            lock (_lock)
            {
                if (_isDown)
                {
                    Reset((near, far));
                    return;
                }

                _open.Add((near, far));
            }

            using var nearStream = new NetworkStream(near);
            using var farStream = new NetworkStream(far);
            await Task.WhenAny(PassOnAsync(nearStream, farStream), PassOnAsync(farStream, nearStream));
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // One side is gone; so is the other now.
        }

        lock (_lock)
        {
            _open.Remove((near, far));
        }

        near.Dispose();
        far.Dispose();
    }

    private async Task PassOnAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[65_536];
        while (await from.ReadAsync(buffer) is var count and > 0)
        {
            Task flows;
            lock (_lock)
            {
                flows = _flows.Task;
            }

            await flows;
            await to.WriteAsync(buffer.AsMemory(0, count));
        }
    }

    private static void Reset((Socket Near, Socket Far) pair)
    {
        foreach (var socket in new[] { pair.Near, pair.Far })
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Closed already.
            }

            socket.Dispose();
        }
    }
}
