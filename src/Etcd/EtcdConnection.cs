using AkkaLb.Watching;
using dotnet_etcd;
using Etcdserverpb;
using Grpc.Core;

namespace AkkaLb.Etcd;

/// <summary>One cluster and how to ask it: every unary call with a deadline, every fault translated. Thread-safe.</summary>
/// <remarks>Members take turns, and one that failed or was silent is passed over for a while. A read is tried at each member once before it fails,
/// within one request timeout in all; so is a write that did not get out because nobody listened. A write that may have arrived is never repeated
/// here. It uses the package's channel and generated clients. The package's own watch and keepalive loops are left alone: they lose events on
/// reconnection and do not tell when they end.</remarks>
public sealed class EtcdConnection : IDisposable
{
    /// <summary>How long a member that failed is passed over. Longer: fewer calls wait in vain for one that is frozen. Shorter: one that is back is
    /// used sooner.</summary>
    private static readonly TimeSpan AvoidFor = TimeSpan.FromSeconds(10);

    /// <summary>How long calls to a member fail before it gets a new channel.</summary>
    private static readonly TimeSpan RenewChannelAfter = TimeSpan.FromSeconds(5);

    /// <summary>A token may be void, and its successor too, when authentication is switched off and on in the middle of it.</summary>
    private const int TokenTriesMax = 3;

    /// <summary>One channel a member, so that each call knows whom it asks.</summary>
    private readonly EtcdMember[] _members;
    private readonly EndpointChooser _chooser;
    private readonly long _startedAt;
    private readonly EtcdToken? _token;
    private volatile bool _isDisposed;

    /// <summary>Nothing is dialled yet.</summary>
    /// <param name="settings">Where etcd is, and how patient to be.</param>
    /// <param name="timeProvider">Delays and deadlines; must follow real time, as etcd does.</param>
    /// <exception cref="ArgumentException">The settings cannot be used; the message lists every problem.</exception>
    public EtcdConnection(EtcdSettings settings, TimeProvider timeProvider)
        : this(settings, timeProvider, new TcpNetwork())
    {
    }

    internal EtcdConnection(EtcdSettings settings, TimeProvider timeProvider, INetwork network)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(timeProvider);
        if (settings.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(settings));
        }

        (Settings, TimeProvider) = (settings, timeProvider);
        Endpoints = string.Join(", ", settings.Endpoints);
        _members = [.. settings.Endpoints.Select((e, i) => new EtcdMember(i, e, settings, RenewChannelAfter, network, timeProvider))];
        _chooser = new EndpointChooser(_members.Length, AvoidFor);
        _startedAt = timeProvider.GetTimestamp();
        _token = settings.Credentials is { } credentials
            ? new EtcdToken((timeout, ct) => AuthenticateAsync(credentials, timeout, ct), timeProvider)
            : null;
    }

    public EtcdSettings Settings { get; }

    /// <summary>Whom we ask, for messages.</summary>
    public string Endpoints { get; }

    /// <summary>Deadline of every unary call.</summary>
    public TimeSpan RequestTimeout => Settings.RequestTimeout;

    public TimeProvider TimeProvider { get; }

    private TimeSpan Now => TimeProvider.GetElapsedTime(_startedAt);

    public Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken) =>
        CallAsync(isRead: true, (etcd, options) => etcd.GetConnection().KVClient.RangeAsync(request, options), cancellationToken);

    /// <summary>A linearizable read that returns no keys: is etcd there, with a quorum, and how far is it.</summary>
    public Task<RangeResponse> CountAsync(EtcdKeyRange keys, CancellationToken cancellationToken) =>
        RangeAsync(new RangeRequest { Key = keys.Start, RangeEnd = keys.End, CountOnly = true }, cancellationToken);

    /// <summary>A linearizable read of the key that was changed last, without its value, and of how many there are: enough to notice a
    /// change.</summary>
    public Task<RangeResponse> NewestAsync(EtcdKeyRange keys, CancellationToken cancellationToken) => RangeAsync(
        new RangeRequest
        {
            Key = keys.Start,
            RangeEnd = keys.End,
            KeysOnly = true,
            Limit = 1,
            SortTarget = RangeRequest.Types.SortTarget.Mod,
            SortOrder = RangeRequest.Types.SortOrder.Descend,
        },
        cancellationToken);

    /// <summary>A linearizable read of all keys of the range.</summary>
    public Task<RangeResponse> ReadAsync(EtcdKeyRange keys, CancellationToken cancellationToken) =>
        RangeAsync(new RangeRequest { Key = keys.Start, RangeEnd = keys.End }, cancellationToken);

    public Task<PutResponse> PutAsync(PutRequest request, CancellationToken cancellationToken) =>
        CallAsync(isRead: false, (etcd, options) => etcd.GetConnection().KVClient.PutAsync(request, options), cancellationToken);

    public Task<TxnResponse> TxnAsync(TxnRequest request, CancellationToken cancellationToken) =>
        CallAsync(isRead: false, (etcd, options) => etcd.GetConnection().KVClient.TxnAsync(request, options), cancellationToken);

    /// <summary>A transaction that only reads: like any read it is tried at each member.</summary>
    public Task<TxnResponse> ReadTxnAsync(TxnRequest request, CancellationToken cancellationToken) =>
        CallAsync(isRead: true, (etcd, options) => etcd.GetConnection().KVClient.TxnAsync(request, options), cancellationToken);

    /// <summary>A new lease. Should the answer get lost, it holds no keys and runs out by itself.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="ttl"/> is not above zero.</exception>
    public Task<LeaseGrantResponse> GrantAsync(TimeSpan ttl, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ttl, TimeSpan.Zero);
        var request = new LeaseGrantRequest { TTL = (long)Math.Ceiling(ttl.TotalSeconds) };
        return CallAsync(isRead: false, (etcd, options) => etcd.GetConnection().LeaseClient.LeaseGrantAsync(request, options), cancellationToken);
    }

    /// <summary>Ends the lease and all its keys; one that is gone already counts as done.</summary>
    public async Task RevokeAsync(long leaseId, CancellationToken cancellationToken)
    {
        try
        {
            var request = new LeaseRevokeRequest { ID = leaseId };
            await CallAsync(
                isRead: false, (etcd, options) => etcd.GetConnection().LeaseClient.LeaseRevokeAsync(request, options), cancellationToken)
                    .ConfigureAwait(false);
        }
        catch (RegistryUnavailableException e) when (e.IsLeaseGone)
        {
        }
    }

    /// <summary>One renewal on a stream of its own: nothing waits behind another lease's answer. Made twice it does no harm, so it is tried at each
    /// member like a read.</summary>
    /// <returns>etcd's answer; a TTL of zero or less when it does not know the lease.</returns>
    public Task<LeaseKeepAliveResponse> KeepAliveAsync(long leaseId, CancellationToken cancellationToken) =>
        KeepAliveAsync(leaseId, RequestTimeout, cancellationToken);

    /// <inheritdoc cref="KeepAliveAsync(long, CancellationToken)"/>
    /// <param name="leaseId">Which lease.</param>
    /// <param name="timeout">Deadline of this renewal in place of the request timeout: a short lease cannot wait that long for a silent
    /// member.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task<LeaseKeepAliveResponse> KeepAliveAsync(long leaseId, TimeSpan timeout, CancellationToken cancellationToken) =>
        AskAsync(isRead: true, timeout, async (etcd, options) =>
        {
            using var call = etcd.GetConnection().LeaseClient.LeaseKeepAlive(options.WithHeaders(OnStream(options.Headers)));
            await call.RequestStream.WriteAsync(new LeaseKeepAliveRequest { ID = leaseId }, options.CancellationToken).ConfigureAwait(false);
            while (await call.ResponseStream.MoveNext(options.CancellationToken).ConfigureAwait(false))
            {
                if (call.ResponseStream.Current.ID == leaseId)
                {
                    return call.ResponseStream.Current;
                }
            }

            throw new RegistryUnavailableException($"etcd at {Endpoints} ended a renewal without an answer");
        }, cancellationToken);

    /// <summary>Opens a watch stream; it has no deadline, whoever opens it disposes it and then the member's use, and says how it went.</summary>
    /// <param name="token">Stays in the stream's headers for as long as it lives; null without one.</param>
    /// <param name="member">Whom it goes to, for <see cref="Succeeded"/> and <see cref="Failed"/>.</param>
    internal AsyncDuplexStreamingCall<WatchRequest, WatchResponse> OpenWatch(
        string? token, out EtcdMember.Use member, CancellationToken cancellationToken)
    {
        member = _members[_chooser.Next(Now)].Take();
        return member.Client.GetConnection().WatchClient.Watch(OnStream(HeadersOf(token)), deadline: null, cancellationToken);
    }

    /// <summary>Whether it was disposed: faults that look like it may also be those of a channel that was given up.</summary>
    internal bool IsDisposed => _isDisposed;

    internal void Succeeded(EtcdMember.Use member)
    {
        _chooser.Succeeded(member.Index);
        member.Succeeded();
    }

    internal void Failed(EtcdMember.Use member)
    {
        _chooser.Failed(member.Index, Now);
        member.Failed(Now);
    }

    public void Dispose()
    {
        _isDisposed = true;
        foreach (var member in _members)
        {
            member.Dispose();
        }

        _token?.Dispose();
    }

    /// <summary>Whether another token may help where one was refused.</summary>
    internal bool HasCredentials => _token is not null;

    /// <summary>What calls carry now; null without credentials, and while authentication is switched off in etcd.</summary>
    /// <exception cref="RegistryUnavailableException">None could be had.</exception>
    /// <exception cref="RegistryRefusedException">etcd refuses the credentials.</exception>
    internal async Task<string?> TokenAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        _token is null ? null : await _token.GetAsync(timeout, cancellationToken).ConfigureAwait(false);

    /// <summary>The next call shows the password again.</summary>
    internal void ForgetToken(string? token) => _token?.Forget(token);

    private static Metadata? HeadersOf(string? token) => token is null ? null : new Metadata { { "authorization", token } };

    /// <summary>A member that lost its leader then ends the stream instead of staying silent.</summary>
    private static Metadata OnStream(Metadata? headers) => [.. headers ?? [], new Metadata.Entry("hasleader", "true")];

    private async Task<string> AuthenticateAsync(EtcdCredentials credentials, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var request = new AuthenticateRequest { Name = credentials.User, Password = credentials.Password };
        return await TryMembersAsync(isRead: true, timeout, async (etcd, options) =>
        {
            using var call = etcd.GetConnection().AuthClient.AuthenticateAsync(request, options);
            return (await call.ResponseAsync.ConfigureAwait(false)).Token;
        }, cancellationToken).ConfigureAwait(false);
    }

    private Task<TResponse> CallAsync<TResponse>(
        bool isRead, Func<EtcdClient, CallOptions, AsyncUnaryCall<TResponse>> start, CancellationToken cancellationToken) =>
        AskAsync(isRead, RequestTimeout, async (etcd, options) =>
        {
            using var call = start(etcd, options);
            return await call.ResponseAsync.ConfigureAwait(false);
        }, cancellationToken);

    /// <summary>Asks with our token, and again with a new one should etcd not know it: etcd has done nothing then, so that writes may be repeated
    /// too.</summary>
    private async Task<TResponse> AskAsync<TResponse>(
        bool isRead, TimeSpan timeout, Func<EtcdClient, CallOptions, Task<TResponse>> ask, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var token = await TokenAsync(timeout, cancellationToken).ConfigureAwait(false);
            try
            {
                return await TryMembersAsync(
                    isRead,
                    timeout,
                    (etcd, options) => ask(etcd, token is null ? options : options.WithHeaders(HeadersOf(token)!)),
                    cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryRefusedException e) when (_token is not null && tries < TokenTriesMax && EtcdFaults.IsTokenUnknown(e, token))
            {
                ForgetToken(token);
            }
        }
    }

    /// <summary>Asks one member; when that fails, and asking another cannot do what was done already, the next. Whom a read does not hear from within
    /// a third of its time it does not wait for alone: the next is asked beside it, and the first answer counts.</summary>
    private async Task<TResponse> TryMembersAsync<TResponse>(
        bool isRead, TimeSpan timeout, Func<EtcdClient, CallOptions, Task<TResponse>> ask, CancellationToken cancellationToken)
    {
        // By our own timer: a deadline of gRPC follows the wall clock.
        using var bound = new CancellationTokenSource(timeout, TimeProvider);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        var asked = 0;
        var waiting = new Dictionary<Task<TResponse>, EtcdMember.Use>(_members.Length);
        var failed = new List<MemberFault>(_members.Length);
        try
        {
            Ask();
            while (true)
            {
                if (await FirstAsync(isRead && asked < _members.Length).ConfigureAwait(false) is not { } done)
                {
                    foreach (var silent in waiting.Values)
                    {
                        Failed(silent);
                    }

                    Ask();
                    continue;
                }

                waiting.Remove(done, out var member);
                try
                {
                    var answer = await done.ConfigureAwait(false);
                    Succeeded(member!);
                    return answer;
                }
                catch (Exception e) when (e is not ObjectDisposedException || !_isDisposed)
                {
                    var fault = FaultOf(e, member!);
                    failed.Add(fault);
                    if (fault.Translate(Settings, timeout, cancellationToken) is var told and not RegistryUnavailableException { IsLeaseGone: false })
                    {
                        throw told;
                    }

                    Failed(member!);
                    if (asked < _members.Length && !bound.IsCancellationRequested && (isRead || EtcdFaults.IsUnsent(e)))
                    {
                        Ask();
                    }
                    else if (waiting.Count == 0)
                    {
                        throw MemberFault.Sum(failed, Settings, timeout, cancellationToken);
                    }
                }
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (var unneeded in waiting.Keys)
            {
                _ = unneeded.ContinueWith(
                    static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }

        void Ask()
        {
            var member = _members[_chooser.Next(Now)].Take();
            asked++;
            waiting.Add(AskAsync(member), member);
        }

        async Task<TResponse> AskAsync(EtcdMember.Use member)
        {
            using (member)
            {
                return await ask(member.Client, new CallOptions(cancellationToken: ending.Token)).ConfigureAwait(false);
            }
        }

        // Null: none has answered yet, and it is time to ask another.
        async Task<Task<TResponse>?> FirstAsync(bool isHurried)
        {
            var first = Task.WhenAny(waiting.Keys);
            if (isHurried && !ending.IsCancellationRequested)
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
                var patience = Task.Delay(timeout / 3, TimeProvider, enough.Token);
                var isOver = await Task.WhenAny(first, patience).ConfigureAwait(false) == patience && patience.IsCompletedSuccessfully;
                await enough.CancelAsync().ConfigureAwait(false);
                if (isOver)
                {
                    return null;
                }
            }

            return await first.ConfigureAwait(false);
        }

        // Whom we could not reach we know more of than that it did not answer.
        MemberFault FaultOf(Exception fault, EtcdMember.Use member) =>
            new(member.Index, member.Endpoint, bound.IsCancellationRequested && EtcdFaults.IsOurEnd(fault) ? member.Trouble : fault);
    }
}
