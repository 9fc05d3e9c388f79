using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;
using AkkaLb.Transport.Pipelines.Tls;

namespace AkkaLb.Transport.Pipelines;

/// <summary>A transport for Akka.Remote on sockets and System.IO.Pipelines. It speaks with the standard TCP transport and takes its settings; see
/// README.md.</summary>
/// <remarks>Thread-safe. Created by Akka.Remote, which finds this type's name under <c>transport-class</c>.</remarks>
public sealed class PipelinesTransport : Akka.Remote.Transport.Transport
{
    /// <summary>How much is read at once at most; held only while something is there to read.</summary>
    private const int ReadBufferBytes = 64 * 1024;

    /// <summary>As long as Akka's own detector lets a connection be silent.</summary>
    private static readonly TimeSpan StalledFor = TimeSpan.FromSeconds(120);

    /// <summary>How long closing may take, while the other side reads what was written and closes too.</summary>
    private static readonly TimeSpan LingerFor = TimeSpan.FromSeconds(2);

    /// <summary>Between two tries to accept, where the system has no more sockets.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly TransportSettings _settings;
    private readonly ConnectionLimits _limits;
    private readonly PeerTls? _tls;
    private readonly ConnectionLog _log;
    private readonly Lock _lock = new();

    /// <summary>Akka's handles are equal where their addresses are: without the comparer, several connections with one node would be one.</summary>
    private readonly HashSet<Connection> _connections = new(ReferenceEqualityComparer.Instance);

    private readonly CancellationTokenSource _stopping = new();
    private Socket? _listener;
    private Address? _local;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Called by Akka.Remote.</summary>
    /// <param name="config">The transport's section.</param>
    /// <exception cref="ConfigurationException">A setting cannot be, or the certificate cannot be used.</exception>
    public PipelinesTransport(ActorSystem system, Config config)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(config);
        (System, Config) = (system, config);
        _settings = TransportSettings.Read(config);
        _log = new ConnectionLog(Logging.GetLogger(system, typeof(PipelinesTransport)));
        _tls = _settings.HasTls ? PeerTls.Of(system, config.GetConfig("ssl"), _log) : null;
        _limits = new ConnectionLimits(
            // The standard transport measures before it wraps, and so sends a little more than it says.
            _settings.FrameBytesMax + WrappingBytes, Math.Max(_settings.OutboxBytesMax, _settings.FrameBytesMax), ReadBufferBytes,
            ListenerWithin: 2 * _settings.ConnectionTimeout, LingerFor, StalledFor);
    }

    /// <summary><c>tcp</c>, with TLS <c>ssl.tcp</c>.</summary>
    public override string SchemeIdentifier => _tls is null ? "tcp" : "ssl.tcp";

    /// <summary>A little below <c>maximum-frame-size</c>: Akka measures a message before it wraps it.</summary>
    public override long MaximumPayloadBytes => _settings.FrameBytesMax - WrappingBytes;

    /// <summary>What Akka's protocol adds around a message.</summary>
    private const int WrappingBytes = 64;

    internal IReadOnlyCollection<Connection> Connections
    {
        get
        {
            lock (_lock)
            {
                return [.. _connections];
            }
        }
    }

    public override bool IsResponsibleFor(Address remote) => true;

    /// <exception cref="SocketException">It cannot listen there.</exception>
    /// <exception cref="InvalidOperationException">It was shut down.</exception>
    public override async Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        var addresses = await SocketAddresses.ResolveAsync(_settings.Hostname, _settings, _stopping.Token).ConfigureAwait(false);
        var at = new IPEndPoint(addresses[0], _settings.Port);
        // .NET lets a port be used again at once whose last connections still linger, and lets no two sockets listen at one.
        var listener = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(at);
            listener.Listen(_settings.Backlog);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var local = new Address(
            SchemeIdentifier, System.Name, SocketAddresses.HostOf(_settings.PublicHostname), _settings.PublicPort > 0 ? _settings.PublicPort : port);
        var associations = new TaskCompletionSource<IAssociationEventListener>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested)
            {
                // Nobody would close it any more.
                listener.Dispose();
                throw new InvalidOperationException("this transport is closed");
            }

            (_listener, _local) = (listener, local);
            _accepting = AcceptAsync(listener, associations.Task);
        }

        return (local, associations);
    }

    /// <exception cref="InvalidAssociationException">Nobody answers there, or TLS fails; says which. It has no inner exception: Akka would log that
    /// with its stack, and no sentence.</exception>
    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        ArgumentNullException.ThrowIfNull(remoteAddress);
        if (_local is not { } local || _stopping.IsCancellationRequested || remoteAddress is not { Host: { } host, Port: { } port })
        {
            throw new InvalidAssociationException($"no connection to {remoteAddress} is possible: this transport is closed, or the address "
                + "has no host and port");
        }

        var socket = await DialAsync(remoteAddress, host, port).ConfigureAwait(false);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (_tls is not null)
        {
            stream = await SecureAsync(remoteAddress, host, stream).ConfigureAwait(false);
        }

        return Add(local, remoteAddress, socket, stream, isDialled: true)
            ?? throw new InvalidAssociationException($"no connection to {remoteAddress} is possible: this transport is closed");
    }

    public override async Task<bool> Shutdown()
    {
        Connection[] connections;
        lock (_lock)
        {
            if (!_stopping.IsCancellationRequested)
            {
                _stopping.Cancel();
            }

            connections = [.. _connections];
        }

        _listener?.Dispose();
        foreach (var connection in connections)
        {
            connection.Close();
        }

        await Task.WhenAll(connections.Select(c => c.Ended).Append(_accepting)).ConfigureAwait(false);
        _tls?.Dispose();
        return true;
    }

    private async Task<Socket> DialAsync(Address remote, string host, int port)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        deadline.CancelAfter(_settings.ConnectionTimeout);
        Exception? last = null;
        try
        {
            foreach (var address in await SocketAddresses.ResolveAsync(host, _settings, deadline.Token).ConfigureAwait(false))
            {
                var end = new IPEndPoint(SocketAddresses.Dialled(address), port);
                var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    Configure(socket);
                    await socket.ConnectAsync(end, deadline.Token).ConfigureAwait(false);
                    // A free port that the kernel chose for our own end may be the one that is dialled: the socket then talks to itself.
                    return Equals(socket.LocalEndPoint, socket.RemoteEndPoint)
                        ? throw new SocketException((int)SocketError.ConnectionRefused)
                        : socket;
                }
                catch (Exception e)
                {
                    socket.Dispose();
                    if (e is not SocketException)
                    {
                        throw;
                    }

                    last = e;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // No such host, or none that there could be: addresses come from others.
            last = e;
        }
        catch (OperationCanceledException)
        {
            throw new InvalidAssociationException(
                _stopping.IsCancellationRequested
                    ? $"no connection to {remote} is possible: this transport is closed"
                    : $"{host}:{port} did not answer within {_settings.ConnectionTimeout.TotalSeconds:0.#} s (connection-timeout)");
        }

        throw new InvalidAssociationException($"{host}:{port} cannot be reached: {last!.Message}");
    }

    private async Task<Stream> SecureAsync(Address remote, string host, Stream stream)
    {
        var at = $"{remote.Host}:{remote.Port}";
        var handshake = _tls!.DialAsync(stream, host, _settings.ConnectionTimeout, _stopping.Token);
        await ConnectionLog.TellIfSlowAsync(
            handshake, () => Publish(remote, $"{at} does not answer the TLS handshake: switch TLS on there too")).ConfigureAwait(false);
        try
        {
            return await handshake.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new InvalidAssociationException($"no connection to {remote} is possible: this transport is closed");
        }
        catch (TlsFailedException e)
        {
            var sentence = e.IsRefusal ? $"the node at {at} was refused: {e.Message}" : $"no TLS connection with {at} comes about: {e.Message}";
            Publish(remote, sentence);
            throw new InvalidAssociationException(sentence);
        }
    }

    private void Publish(Address remote, string sentence) => System.EventStream.Publish(new AssociationTrouble(remote, sentence));

    private async Task AcceptAsync(Socket listener, Task<IAssociationEventListener> listening)
    {
        IAssociationEventListener associations;
        try
        {
            associations = await listening.WaitAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                _ = AdmitAsync(socket, associations);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // One that left before it was accepted; or there are no more sockets, and some will be free again.
                _log.Warn("accept", $"this node cannot accept a connection: {e.Message}");
                await Task.Delay(AcceptPause, TimeProvider.System).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Never fails: whatever a stranger does ends its own connection.</summary>
    private async Task AdmitAsync(Socket socket, IAssociationEventListener associations)
    {
        IPEndPoint? end = null;
        try
        {
            end = (IPEndPoint)socket.RemoteEndPoint!;
            Configure(socket);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (_tls is not null)
            {
                stream = await _tls.AdmitAsync(socket, stream, _settings.ConnectionTimeout, _stopping.Token).ConfigureAwait(false);
            }

            if (Add(_local!, SocketAddresses.Of(end, SchemeIdentifier, System.Name), socket, stream, isDialled: false) is { } connection)
            {
                associations.Notify(new InboundAssociation(connection));
            }
        }
        catch (TlsFailedException e)
        {
            socket.Dispose();
            _log.Warn($"this node refused a connection from {SocketAddresses.HostOf(end!.Address)}: {e.Message}");
        }
        catch (Exception e)
        {
            socket.Dispose();
            // Else it left at once, or this node does.
            if (e is not (IOException or SocketException or ObjectDisposedException or OperationCanceledException))
            {
                _log.Warn("admit", $"this node cannot admit a connection: {e.Message}");
            }
        }
    }

    private Connection? Add(Address local, Address remote, Socket socket, Stream stream, bool isDialled)
    {
        var connection = new Connection(local, remote, socket, stream, _limits, OnTrouble, isDialled);
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested)
            {
                connection.Close();
                return null;
            }

            _connections.Add(connection);
        }

        connection.Ended.ContinueWith(
            _ =>
            {
                lock (_lock)
                {
                    _connections.Remove(connection);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return connection;
    }

    private void OnTrouble(Connection connection, string cause, string sentence)
    {
        var remote = connection.RemoteAddress;
        _log.Warn($"{remote.Host} {cause}", $"the connection with {remote.Host}:{remote.Port} ended: {sentence}");
        if (!connection.HasRead)
        {
            Publish(remote, $"{remote.Host}:{remote.Port}: {sentence}");
        }
    }

    private void Configure(Socket socket)
    {
        socket.NoDelay = _settings.HasNoDelay;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, _settings.HasKeepAlive);
        if (_settings.SendBufferBytes > 0)
        {
            socket.SendBufferSize = _settings.SendBufferBytes;
        }

        if (_settings.ReceiveBufferBytes > 0)
        {
            socket.ReceiveBufferSize = _settings.ReceiveBufferBytes;
        }

        UserTimeout.Set(socket, _settings.UserTimeout);
    }
}

/// <summary>On the event stream: why no association with another node comes about, where Akka's own events do not say.</summary>
/// <param name="Remote">Who it is about.</param>
/// <param name="Sentence">One sentence that names the other node, the cause and what to do.</param>
public sealed record AssociationTrouble(Address Remote, string Sentence);
