using AkkaLb.Watching;
using Etcdserverpb;
using Grpc.Core;

namespace AkkaLb.Etcd;

/// <summary>One watch on one stream, from the moment etcd confirmed it until it is disposed, which also ends it in etcd.</summary>
internal sealed class EtcdWatchStream : IDisposable
{
    private readonly EtcdConnection _connection;
    private readonly CancellationTokenSource _cancellation;
    private readonly CancellationToken _callersToken;
    private readonly AsyncDuplexStreamingCall<WatchRequest, WatchResponse> _call;
    private readonly EtcdMember.Use _member;
    private volatile bool _isDisposed;

    private EtcdWatchStream(EtcdConnection connection, string? token, CancellationTokenSource cancellation, CancellationToken callersToken)
    {
        _connection = connection;
        _cancellation = cancellation;
        _callersToken = callersToken;
        _call = connection.OpenWatch(token, out _member, cancellation.Token);
    }

    /// <summary>The member it goes to, for messages.</summary>
    public string Endpoint => _member.Endpoint;

    /// <summary>Which cluster confirmed the watch.</summary>
    public ulong ClusterId { get; private set; }

    /// <summary>Opens a watch of the range from <paramref name="startRevision"/> on, inclusive and above zero, and waits, no longer than
    /// the request timeout, until etcd confirms it.</summary>
    public static async Task<EtcdWatchStream> OpenAsync(
        EtcdConnection connection, EtcdKeyRange keys, long startRevision, CancellationToken cancellationToken)
    {
        var token = await connection.TokenAsync(connection.RequestTimeout, cancellationToken).ConfigureAwait(false);
        try
        {
            return await OpenAsync(connection, token, keys, startRevision, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryRefusedException) when (connection.HasCredentials)
        {
            // Some releases refuse a watch for lack of permission when it is the token that they do not know: with a new one it is certain.
            connection.ForgetToken(token);
            token = await connection.TokenAsync(connection.RequestTimeout, cancellationToken).ConfigureAwait(false);
            return await OpenAsync(connection, token, keys, startRevision, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<EtcdWatchStream> OpenAsync(
        EtcdConnection connection, string? token, EtcdKeyRange keys, long startRevision, CancellationToken cancellationToken)
    {
        // Disposing the timer after the confirmation leaves the stream without a deadline.
        using var timer = new CancellationTokenSource(connection.RequestTimeout, connection.TimeProvider);
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        var stream = new EtcdWatchStream(connection, token, cancellation, cancellationToken);
        try
        {
            await stream.CreateAsync(keys, startRevision).ConfigureAwait(false);
            connection.Succeeded(stream._member);
            return stream;
        }
        catch (Exception e)
        {
            stream.Failed();
            stream.Dispose();
            if (e is not (RegistryUnavailableException or RegistryRefusedException) && !(e is ObjectDisposedException && connection.IsDisposed))
            {
                // A stream that could not be opened for want of a connection has a better reason than that time is up.
                var fault = timer.IsCancellationRequested && EtcdFaults.IsOurEnd(e) ? stream._member.Trouble ?? e : e;
                throw EtcdFaults.Translate(fault, stream.Endpoint, connection.Settings, connection.RequestTimeout, cancellationToken);
            }

            throw;
        }
    }

    /// <summary>The next message. One at a time.</summary>
    /// <exception cref="RegistryUnavailableException">The stream ended, however it did.</exception>
    public async Task<WatchResponse> NextAsync()
    {
        try
        {
            if (await _call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
            {
                return _call.ResponseStream.Current;
            }
        }
        catch (Exception e) when (e is not ObjectDisposedException || !_connection.IsDisposed)
        {
            Failed();
            throw EtcdFaults.Translate(e, Endpoint, _connection.Settings, timeout: null, _callersToken);
        }

        Failed();
        throw new RegistryUnavailableException($"etcd at {Endpoint} ended the watch");
    }

    /// <summary>The next stream is better opened at another member. Not when it is we who end it.</summary>
    public void Failed()
    {
        if (!_isDisposed && !_callersToken.IsCancellationRequested)
        {
            _connection.Failed(_member);
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        _call.Dispose();
        _member.Dispose();
        _cancellation.Dispose();
    }

    private async Task CreateAsync(EtcdKeyRange keys, long startRevision)
    {
        var create = new WatchCreateRequest { Key = keys.Start, RangeEnd = keys.End, StartRevision = startRevision };
        // Response headers come only with the first message, so the request goes out before anything is awaited.
        await _call.RequestStream.WriteAsync(new WatchRequest { CreateRequest = create }, _cancellation.Token).ConfigureAwait(false);
        if (!await _call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
        {
            throw new RegistryUnavailableException($"etcd at {Endpoint} ended the watch before it began");
        }

        var answer = _call.ResponseStream.Current;
        if (answer.Canceled)
        {
            throw EtcdFaults.WatchCanceled(answer.CancelReason, Endpoint, _connection.Settings);
        }

        if (!answer.Created)
        {
            throw new RegistryUnavailableException($"etcd at {Endpoint} answered a new watch with something else than its confirmation");
        }

        ClusterId = answer.Header.ClusterId;
    }
}
