using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace AkkaLb.Etcd;

/// <summary>Opens connections to one member, name service and TLS included, each within a bound, and remembers why the last one did not come
/// about.</summary>
/// <remarks>
/// The bound is here and nowhere above: gRPC would apply a time-out for connecting to its whole loop of tries, report that it is idle before the loop
/// is through, and then let nobody dial again. The HTTP handler has one try at a time for all that wait, so that a try without an end would be the
/// last one. Thread-safe.
/// </remarks>
internal sealed class EtcdDialer(EtcdEndpoint endpoint, EtcdSettings settings, INetwork network, TimeProvider time)
{
    /// <summary>However short requests are: a connection may serve the next of them.</summary>
    private static readonly TimeSpan TimeoutMin = TimeSpan.FromSeconds(1);

    private const int AddressesTold = 4;

    private readonly string _host = endpoint.Host.Trim('[', ']');
    private volatile NotConnectedException? _trouble;

    /// <summary>How long one try may take. Less than a request: the reason comes before the request has waited for long enough.</summary>
    public TimeSpan Timeout { get; } = settings.RequestTimeout * 0.75 is var most && most > TimeoutMin ? most : TimeoutMin;

    /// <summary>Why the last try failed; null when it did not.</summary>
    public NotConnectedException? Trouble => _trouble;

    /// <exception cref="NotConnectedException">It does not come about, or not in time.</exception>
    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        using var bound = new CancellationTokenSource(Timeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        try
        {
            var stream = await DialAsync(ending.Token).ConfigureAwait(false);
            stream = endpoint.IsTls ? await SecureAsync(stream, ending.Token).ConfigureAwait(false) : stream;
            _trouble = null;
            return stream;
        }
        catch (NotConnectedException e) when (!cancellationToken.IsCancellationRequested)
        {
            _trouble = e;
            throw;
        }
    }

    private async Task<Stream> DialAsync(CancellationToken ending)
    {
        var addresses = SideBySide.Order(await ResolveAsync(ending).ConfigureAwait(false));
        try
        {
            return await SideBySide.FirstAsync(
                addresses,
                SideBySide.HeadStartFor(addresses.Count, Timeout),
                (a, ct) => network.DialAsync(new IPEndPoint(a, endpoint.Port), ct),
                time,
                ending).ConfigureAwait(false);
        }
        catch (NobodyAnsweredException e)
        {
            throw new NotConnectedException(Describe(e.Tried), e.Tried.FirstOrDefault(t => t.Fault is not null).Fault);
        }
    }

    private async Task<IPAddress[]> ResolveAsync(CancellationToken ending)
    {
        if (IPAddress.TryParse(_host, out var literal))
        {
            return [literal];
        }

        try
        {
            return await network.ResolveAsync(_host, ending).ConfigureAwait(false) is { Length: > 0 } addresses
                ? addresses
                : throw new NotConnectedException($"the name {_host} has no address");
        }
        catch (SocketException e)
        {
            throw new NotConnectedException($"the name {_host} cannot be resolved: {Plain(e)}", e);
        }
        catch (OperationCanceledException)
        {
            throw new NotConnectedException($"the name {_host} was not resolved within {Seconds(Timeout)}");
        }
    }

    private async Task<Stream> SecureAsync(Stream stream, CancellationToken ending)
    {
        var secure = new SslStream(stream);
        try
        {
            var options = new SslClientAuthenticationOptions { TargetHost = _host, ApplicationProtocols = [SslApplicationProtocol.Http2] };
            (settings.Tls ?? new EtcdTls()).Configure(options);
            await secure.AuthenticateAsClientAsync(options, ending).ConfigureAwait(false);
            return secure;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException)
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw new NotConnectedException($"TLS does not come about: {e.GetBaseException().Message}", e) { IsTlsFault = true };
        }
        catch (OperationCanceledException)
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw new NotConnectedException($"it accepts the connection and does not answer the TLS handshake within {Seconds(Timeout)}");
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Of one address what went wrong; of several each with its own, what is known before what is not.</summary>
    private string Describe(IReadOnlyList<(IPAddress Address, Exception? Fault)> tried)
    {
        if (tried.Count == 1)
        {
            return tried[0].Fault is { } fault ? Plain(fault) : $"no connection within {Seconds(Timeout)}";
        }

        var each = tried
            .OrderBy(t => t.Fault is null)
            .Take(AddressesTold)
            .Select(t => $"{t.Address}: {(t.Fault is { } fault ? Plain(fault) : "no answer")}");
        var more = tried.Count > AddressesTold ? FormattableString.Invariant($", and {tried.Count - AddressesTold} more") : "";
        return $"no connection within {Seconds(Timeout)} ({string.Join(", ", each)}{more})";
    }

    /// <summary>A socket's message may name the address once more.</summary>
    private static string Plain(Exception fault) =>
        fault is SocketException socket ? new SocketException((int)socket.SocketErrorCode).Message : fault.Message;

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
