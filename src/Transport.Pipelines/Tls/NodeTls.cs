using System.Security.Cryptography.X509Certificates;
using AkkaLb.Endpoints;

namespace AkkaLb.Transport.Pipelines.Tls;

/// <summary>What a node is to other nodes, and whom it believes: mutual TLS on every connection of its actor system. Thread-safe.</summary>
/// <remarks>
/// Both sides of a connection show a certificate, which the CA must have signed for that use; the side that dials also checks that the certificate
/// names the host it dialled. Whoever holds a certificate of the CA is trusted entirely, so give it a CA of its own. Nothing is fetched from the
/// network: no revocation lists, no missing intermediates.
/// </remarks>
public sealed class NodeTls
{
    private readonly Content? _given;
    private readonly ReloadedFiles<Content>? _files;

    /// <param name="certificate">This node's certificate with its private key; needs the uses serverAuth and clientAuth, and the node's host among
    /// its names.</param>
    /// <param name="authorities">The CA, several when one replaces another, and intermediates if there are any. At least one is self-signed.</param>
    /// <exception cref="ArgumentException">The certificate has no private key, or no CA is self-signed.</exception>
    public NodeTls(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (!certificate.HasPrivateKey)
        {
            throw new ArgumentException("the certificate has no private key", nameof(certificate));
        }

        (_given, CertificateName) = (new Content(certificate, new PeerCheck(authorities, "the CA")), "the certificate");
    }

    private NodeTls(ReloadedFiles<Content> files, string certificateName) => (_files, CertificateName) = (files, certificateName);

    /// <summary>The files were read again, or cannot be used any more; never raised without files.</summary>
    public event Action<FileNews> Told
    {
        add
        {
            if (_files is not null)
            {
                _files.Told += value;
            }
        }

        remove
        {
            if (_files is not null)
            {
                _files.Told -= value;
            }
        }
    }

    public X509Certificate2 Certificate => Now.Certificate;

    internal string CertificateName { get; }

    internal PeerCheck Peers => Now.Peers;

    private Content Now => _given ?? _files!.Current;

    /// <summary>Reads PEM files. Files that change are read again, and new connections use what is in them; while they cannot be used, or others
    /// would refuse the new certificate, what was read before stays in use.</summary>
    /// <param name="certificate">The node's certificate.</param>
    /// <param name="key">Its private key, PKCS#8 or the older forms, without a passphrase.</param>
    /// <param name="authority">The CA's certificate, or several in one file.</param>
    /// <exception cref="PemFileException">A file cannot be read, is malformed, or the key belongs to another certificate.</exception>
    public static NodeTls FromFiles(string certificate, string key, string authority) => FromFiles(certificate, key, authority, TimeProvider.System);

    internal static NodeTls FromFiles(string certificate, string key, string authority, TimeProvider time) => new(
        new ReloadedFiles<Content>(
            [certificate, key, authority],
            before =>
            {
                var read = new Content(PemFiles.ReadIdentity(certificate, key), new PeerCheck(PemFiles.ReadAuthorities(authority), authority));
                return before is not null && read.WhyUnfit(host: null, time.GetUtcNow()) is { } reason
                    ? throw new PemFileException($"{certificate}: {reason}")
                    : read;
            },
            read => $"{certificate}, {key}, {authority} changed and new connections between nodes use what is in them now: "
                + PemFiles.Describe(read.Certificate),
            time),
        certificate);

    /// <summary>Why every other node would refuse this one; null when none has to.</summary>
    /// <param name="host">Under which others reach this node.</param>
    public string? WhyUnfit(string host, DateTimeOffset now) => Now.WhyUnfit(host, now) is { } reason ? $"{CertificateName}: {reason}" : null;

    /// <exception cref="TlsRefusedException">Other nodes would refuse this one; see <see cref="WhyUnfit"/>.</exception>
    public void ThrowIfUnfit(string host, DateTimeOffset now)
    {
        if (WhyUnfit(host, now) is { } reason)
        {
            throw new TlsRefusedException(reason);
        }
    }

    private sealed record Content(X509Certificate2 Certificate, PeerCheck Peers)
    {
        public string? WhyUnfit(string? host, DateTimeOffset now) =>
            Peers.WhyRefused(Certificate, [], PeerRole.Server, host, now) ?? Peers.WhyRefused(Certificate, [], PeerRole.Client, host: null, now);
    }
}

/// <summary>One side of a connection refuses the other.</summary>
/// <param name="message">One sentence that says who, whom and why.</param>
public sealed class TlsRefusedException(string message, Exception? inner = null) : Exception(message, inner);
