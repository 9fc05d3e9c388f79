using System.Net;
using System.Net.Sockets;
using AkkaLb.Tests.Support;

namespace AkkaLb.Reality.Links;

/// <summary>The way to a node over TCP: whoever dials the node dials this. Thread-safe.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePorts.Take());
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Pair> _pairs = [];
    private Task _accepting = Task.CompletedTask;
    private TaskCompletionSource _flows = new();

    public Relay()
    {
        _flows.SetResult();
        Open();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    public int Port { get; }

    /// <summary>Where the node itself listens.</summary>
    public int Target { get; set; }

    /// <summary>Listens again after <see cref="CloseAsync"/>.</summary>
    public void Open()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Nobody listens any more; connections stand.</summary>
    public async Task CloseAsync()
    {
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The connections break, for both sides.</summary>
    /// <param name="onlyDeaf">Only those that are broken for one side already.</param>
    public void Break(bool onlyDeaf = false) => Each(p =>
    {
        if (p.IsDeaf || !onlyDeaf)
        {
            p.Dispose();
        }
    });

    /// <summary>The connections break for one side. The other is told nothing, and what it sends is swallowed.</summary>
    /// <param name="ofDialler">Whether for who dialled, or for who listened.</param>
    public void BreakSilently(bool ofDialler) => Each(p =>
    {
        p.IsDeaf = true;
        (ofDialler ? p.Dialler : p.Listener).Dispose();
    });

    /// <summary>Everything is taken and nothing is passed on, as before a process that stands still.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            _flows = _flows.Task.IsCompleted ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : _flows;
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            _flows.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await CloseAsync();
        Break();
    }

    private void Each(Action<Pair> act)
    {
        Pair[] pairs;
        lock (_lock)
        {
            pairs = [.. _pairs];
        }

        Array.ForEach(pairs, act);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var dialler = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = RelayAsync(new Pair(dialler));
        }
    }

    private async Task RelayAsync(Pair pair)
    {
        lock (_lock)
        {
            _pairs.Add(pair);
        }

        try
        {
            await FlowingAsync();
            await pair.Listener.ConnectAsync(IPAddress.Loopback, Target, _stop.Token);
            await Task.WhenAll(PassAsync(pair, pair.Dialler, pair.Listener), PassAsync(pair, pair.Listener, pair.Dialler));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }
        finally
        {
            pair.Dispose();
            lock (_lock)
            {
                _pairs.Remove(pair);
            }
        }
    }

    private async Task PassAsync(Pair pair, TcpClient from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int count;
            while ((count = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
            {
                await FlowingAsync();
                if (!pair.IsDeaf)
                {
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }

        if (!pair.IsDeaf)
        {
            pair.Dispose();
        }
    }

    private Task FlowingAsync()
    {
        lock (_lock)
        {
            return _flows.Task.WaitAsync(_stop.Token);
        }
    }

    private sealed class Pair(TcpClient dialler) : IDisposable
    {
        public TcpClient Dialler { get; } = NoDelay(dialler);

        public TcpClient Listener { get; } = NoDelay(new TcpClient());

        public bool IsDeaf { get; set; }

        public void Dispose()
        {
            Dialler.Dispose();
            Listener.Dispose();
        }

        private static TcpClient NoDelay(TcpClient client)
        {
            client.NoDelay = true;
            return client;
        }
    }
}
