using System.Security.Cryptography.X509Certificates;
using AkkaLb.Etcd;

namespace AkkaLb.Hosting.Tls;

/// <summary>Who a node is to other nodes, and whom it believes: mutual TLS on every connection of its actor system. Immutable, thread-safe.</summary>
/// <remarks>
/// Both sides of a connection show a certificate, which the CA must have signed for that use; the side that dials also checks that the certificate
/// names the host it dialled. Whoever holds a certificate of the CA is trusted entirely, so give it a CA of its own. Nothing is fetched from the
/// network: no revocation lists, no missing intermediates.
/// </remarks>
public sealed class NodeTls
{
    /// <param name="certificate">This node's certificate with its private key; needs the uses serverAuth and clientAuth, and the node's host among its names.</param>
    /// <param name="authorities">The CA, several when one replaces another, and intermediates if there are any. At least one is self-signed.</param>
    /// <exception cref="ArgumentException">The certificate has no private key, or no CA is self-signed.</exception>
    public NodeTls(X509Certificate2 certificate, X509Certificate2Collection authorities)
        : this(certificate, authorities, "the certificate", "the CA")
    {
    }

    internal NodeTls(X509Certificate2 certificate, X509Certificate2Collection authorities, string certificateName, string authorityName)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (!certificate.HasPrivateKey)
        {
            throw new ArgumentException($"{certificateName} has no private key", nameof(certificate));
        }

        (Certificate, CertificateName) = (certificate, certificateName);
        Peers = new PeerCheck(authorities, authorityName);
    }

    public X509Certificate2 Certificate { get; }

    internal string CertificateName { get; }

    internal PeerCheck Peers { get; }

    /// <summary>Reads PEM files.</summary>
    /// <param name="certificate">The node's certificate.</param>
    /// <param name="key">Its private key, PKCS#8 or the older forms, without a passphrase.</param>
    /// <param name="authority">The CA's certificate, or several in one file.</param>
    /// <exception cref="PemFileException">A file cannot be read, is malformed, or the key belongs to another certificate.</exception>
    public static NodeTls FromFiles(string certificate, string key, string authority) => new(
        PemFiles.ReadIdentity(certificate, key), PemFiles.ReadAuthorities(authority), certificate, authority);

    /// <summary>Why every other node would refuse this one; null when none has to.</summary>
    /// <param name="host">Under which others reach this node.</param>
    public string? WhyUnfit(string host, DateTimeOffset now) =>
        (Peers.WhyRefused(Certificate, [], PeerRole.Server, host, now) ?? Peers.WhyRefused(Certificate, [], PeerRole.Client, host: null, now)) is { } reason
            ? $"{CertificateName}: {reason}"
            : null;

    /// <exception cref="TlsRefusedException">Other nodes would refuse this one; see <see cref="WhyUnfit"/>.</exception>
    public void ThrowIfUnfit(string host, DateTimeOffset now)
    {
        if (WhyUnfit(host, now) is { } reason)
        {
            throw new TlsRefusedException(reason);
        }
    }
}

/// <summary>One side of a connection refuses the other.</summary>
/// <param name="message">One sentence that says who, whom and why.</param>
public sealed class TlsRefusedException(string message, Exception? inner = null) : Exception(message, inner);
