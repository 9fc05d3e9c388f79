using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Configuration;

namespace AkkaLb.Transport.Pipelines.Tls;

/// <summary>Makes connections secure: what this node shows, and whom it believes. A handshake has a deadline, and its failure is one connection's.
/// Thread-safe.</summary>
internal abstract class PeerTls : IDisposable
{
    /// <summary>The first byte of every TLS connection: a record of the handshake.</summary>
    private const byte HandshakeRecord = 22;

    private SslStreamCertificateContext? _context;

    /// <summary>Whether both sides show a certificate, or only the one that is dialled.</summary>
    protected abstract bool IsMutual { get; }

    /// <summary>The current one; new connections show it.</summary>
    protected abstract X509Certificate2 Certificate { get; }

    /// <summary>CAs that are trusted instead of the machine's; empty: the machine's.</summary>
    protected abstract X509Certificate2Collection Roots { get; }

    /// <param name="chain">As it was built: with what the peer sent along.</param>
    /// <param name="host">The name that was dialled; null for a peer that dialled us.</param>
    /// <returns>Continues "its certificate (CN=…)"; null: it is believed.</returns>
    protected abstract string? WhyRefused(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors, PeerRole role, string? host);

    /// <summary>From a <see cref="NodeTlsSetup"/>, or else from the configuration.</summary>
    /// <param name="ssl">The standard transport's section, and the names that <see cref="ConfiguredTls"/> adds.</param>
    /// <exception cref="ConfigurationException">There is no certificate that can be used.</exception>
    public static PeerTls Of(ActorSystem system, Config ssl, ConnectionLog log) =>
        system.Settings.Setup.Get<NodeTlsSetup>() is { HasValue: true, Value: var setup }
            ? new MutualTls(setup.Tls, log)
            : ConfiguredTls.Read(ssl, log);

    /// <summary>As the side that dials.</summary>
    /// <param name="stream">Disposed when it fails.</param>
    /// <exception cref="TlsFailedException">The handshake failed, or took longer than <paramref name="within"/>.</exception>
    public async Task<Stream> DialAsync(Stream stream, string host, TimeSpan within, CancellationToken stopping)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        deadline.CancelAfter(within);
        var judge = new Judge(this, PeerRole.Server, host.Trim('[', ']'));
        return await SecureAsync(stream, judge, tls => tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = judge.Host!,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateContext = IsMutual ? Context() : null,
                CertificateChainPolicy = Policy(PeerRole.Server),
                RemoteCertificateValidationCallback = judge.IsAccepted,
            },
            deadline.Token), within, stopping).ConfigureAwait(false);
    }

    /// <summary>As the side that was dialled.</summary>
    /// <exception cref="TlsFailedException">The handshake failed, or took longer than <paramref name="within"/>.</exception>
    public async Task<Stream> AdmitAsync(Socket socket, Stream stream, TimeSpan within, CancellationToken stopping)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        deadline.CancelAfter(within);
        var first = new byte[1];
        try
        {
            if (await socket.ReceiveAsync(first, SocketFlags.Peek, deadline.Token).ConfigureAwait(false) == 0)
            {
                throw new IOException("it left at once");
            }
        }
        catch (OperationCanceledException e) when (!stopping.IsCancellationRequested)
        {
            throw new TlsFailedException("it said nothing", e);
        }

        if (first[0] != HandshakeRecord)
        {
            throw new TlsFailedException("it does not speak TLS: switch TLS on there too");
        }

        var judge = new Judge(this, PeerRole.Client, host: null);
        return await SecureAsync(stream, judge, tls => tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ServerCertificateContext = Context(),
                ClientCertificateRequired = IsMutual,
                CertificateChainPolicy = Policy(PeerRole.Client),
                RemoteCertificateValidationCallback = judge.IsAccepted,
            },
            deadline.Token), within, stopping).ConfigureAwait(false);
    }

    public virtual void Dispose()
    {
    }

    private static async Task<Stream> SecureAsync(
        Stream stream, Judge judge, Func<SslStream, Task> authenticate, TimeSpan within, CancellationToken stopping)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await authenticate(tls).ConfigureAwait(false);
            return tls;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            stopping.ThrowIfCancellationRequested();
            throw judge.Refusal is { } refusal ? new TlsFailedException(refusal, e) { IsRefusal = true }
                : e is OperationCanceledException ? new TlsFailedException($"the TLS handshake took longer than {within.TotalSeconds:0.#} s", e)
                : e is not (AuthenticationException or IOException or ObjectDisposedException)
                    ? new TlsFailedException($"this node cannot do the TLS handshake ({e.Message})", e)
                : judge.Host is null ? new TlsFailedException($"it broke off the TLS handshake ({e.GetBaseException().Message})", e)
                : new TlsFailedException(
                    $"it broke off the TLS handshake ({e.GetBaseException().Message}): it has no TLS, or its log tells why it refuses this node's "
                        + "certificate",
                    e);
        }
    }

    /// <summary>What goes with the certificate is made once for each.</summary>
    private SslStreamCertificateContext Context()
    {
        var certificate = Certificate;
        return _context is { } context && ReferenceEquals(context.TargetCertificate, certificate)
            ? context
            : _context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
    }

    /// <summary>Nothing is fetched from the network: no revocation lists, no missing intermediates.</summary>
    private X509ChainPolicy Policy(PeerRole role)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTimeIgnored = true,
        };
        policy.ApplicationPolicy.Add(role == PeerRole.Server ? PeerCheck.ServerUse : PeerCheck.ClientUse);
        if (Roots is { Count: > 0 } roots)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(roots);
        }

        return policy;
    }

    /// <summary>Judges the peer of one handshake and keeps the reason.</summary>
    private sealed class Judge(PeerTls tls, PeerRole role, string? host)
    {
        public string? Host => host;

        /// <summary>A whole sentence's part; null: nobody was refused.</summary>
        public string? Refusal { get; private set; }

        public bool IsAccepted(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
        {
            Refusal = shown is not X509Certificate2 certificate
                ? role == PeerRole.Client && !tls.IsMutual ? null : "it showed no certificate: give it one"
                : tls.WhyRefused(certificate, chain, errors, role, host) is { } reason
                    ? $"its certificate ({PeerCheck.NameOf(certificate)}) {reason}"
                    : null;
            return Refusal is null;
        }
    }
}

/// <summary>A connection does not become secure.</summary>
/// <param name="message">Says of the other side, "it", why.</param>
internal sealed class TlsFailedException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>This node refused the other, and not the reverse.</summary>
    public bool IsRefusal { get; init; }
}
