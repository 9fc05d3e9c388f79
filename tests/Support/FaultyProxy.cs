using System.Net;
using System.Net.Sockets;

namespace AkkaLb.Tests.Support;

/// <summary>A TCP relay to a port on loopback that can break connections, refuse new ones, or fall silent. Thread-safe.</summary>
/// <remarks>Silent, it accepts connections and keeps the open ones, and passes nothing on in either direction. What it was given meanwhile is
/// passed on when it is mended: bytes are late, never lost.</remarks>
public sealed class FaultyProxy : IAsyncDisposable
{
    private readonly int _target;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<TcpClient> _open = [];
    private Task _accepting;
    private TaskCompletionSource _flows = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _forgetting = new();
    private bool _isCut;

    /// <param name="target">The port on loopback.</param>
    /// <param name="host">The address that it listens on; null: 127.0.0.1.</param>
    public FaultyProxy(int target, string? host = null)
    {
        (_target, _listener) = (target, new TcpListener(host is null ? IPAddress.Loopback : IPAddress.Parse(host), FreePorts.Take()));
        _flows.SetResult();
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The same in etcd's form, <c>http://127.0.0.1:port</c>.</summary>
    public string Endpoint => $"http://{_listener.LocalEndpoint}";

    /// <summary>Connections accepted so far.</summary>
    public int Accepted { get; private set; }

    /// <summary>Open connections break, new ones are closed at once.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _isCut = true;
            BreakOpen();
        }
    }

    /// <summary>Open connections break; new ones are served.</summary>
    public void Break()
    {
        lock (_lock)
        {
            BreakOpen();
        }
    }

    /// <summary>Open connections break, and nobody listens any more: new ones are refused.</summary>
    public async Task CloseAsync()
    {
        _listener.Stop();
        Break();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Listens again, at the same port.</summary>
    public void Open()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Connections are accepted and stay open, and nothing passes.</summary>
    public void Silence()
    {
        lock (_lock)
        {
            if (_flows.Task.IsCompleted)
            {
                _flows = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>Nothing passes on the connections that are open now, for good, and nobody closes them: as behind a router that has forgotten
    /// them. New ones are served.</summary>
    public void ForgetOpen() => Interlocked.Exchange(ref _forgetting, new CancellationTokenSource()).Cancel();

    /// <summary>Everything passes again.</summary>
    public void Mend()
    {
        lock (_lock)
        {
            _isCut = false;
            _flows.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void BreakOpen()
    {
        foreach (var client in _open)
        {
            client.Dispose();
        }

        _open.Clear();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            Accepted++;
            _ = RelayAsync(client);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                if (!TryKeep(client, server))
                {
                    return;
                }

                client.NoDelay = server.NoDelay = true;
                await FlowingAsync();
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                var forgotten = Volatile.Read(ref _forgetting).Token;
                await Task.WhenAny(PassAsync(client, server, forgotten), PassAsync(server, client, forgotten));
            }
            catch (Exception e) when (
                e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
            {
                // One side is gone; so is the other now.
            }
            finally
            {
                Forget(client, server);
            }
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to, CancellationToken forgotten)
    {
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
        {
            await FlowingAsync();
            if (forgotten.IsCancellationRequested)
            {
                continue;
            }

            await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
        }
    }

    private Task FlowingAsync()
    {
        lock (_lock)
        {
            return _flows.Task.WaitAsync(_stop.Token);
        }
    }

    private bool TryKeep(params ReadOnlySpan<TcpClient> clients)
    {
        lock (_lock)
        {
            foreach (var client in clients)
            {
                if (!_isCut)
                {
                    _open.Add(client);
                }
            }

            return !_isCut;
        }
    }

    private void Forget(params ReadOnlySpan<TcpClient> clients)
    {
        lock (_lock)
        {
            foreach (var client in clients)
            {
                _open.Remove(client);
            }
        }
    }
}
