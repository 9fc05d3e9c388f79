using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AkkaLb.Etcd;

/// <summary>Whom to believe to be etcd, and who we are to it. Immutable, thread-safe.</summary>
/// <remarks>The host in each endpoint must be among the names of that member's certificate. Nothing is fetched from the network: no revocation lists,
/// no missing intermediates.</remarks>
/// <param name="authorities">The CA that signed the certificates of etcd's members, at least one self-signed; null: those that this machine trusts.</param>
/// <param name="certificate">Ours with its private key, for an etcd that asks for one (<c>--client-cert-auth</c>); null: none.</param>
public sealed class EtcdTls(X509Certificate2Collection? authorities = null, X509Certificate2? certificate = null)
{
    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");

    public X509Certificate2Collection? Authorities => authorities;

    public X509Certificate2? Certificate => certificate;

    /// <summary>Reads PEM files; what is null is left out. A certificate needs its key.</summary>
    /// <exception cref="PemFileException">A file cannot be read, is malformed, or the key belongs to another certificate.</exception>
    /// <exception cref="ArgumentException">A certificate without a key, or a key without a certificate.</exception>
    public static EtcdTls FromFiles(string? authority, string? certificate, string? key)
    {
        if (certificate is null != key is null)
        {
            throw new ArgumentException("a certificate and its key go together", nameof(key));
        }

        return new EtcdTls(
            authority is null ? null : PemFiles.ReadAuthorities(authority),
            certificate is null ? null : PemFiles.ReadIdentity(certificate, key!));
    }

    internal void Configure(SslClientAuthenticationOptions options)
    {
        options.CertificateRevocationCheckMode = X509RevocationMode.NoCheck;
        if (certificate is not null)
        {
            options.ClientCertificates = [certificate];
        }

        if (authorities is null)
        {
            return;
        }

        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities.Where(PemFiles.IsSelfIssued).ToArray());
        policy.ExtraStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(ServerUse);
        options.CertificateChainPolicy = policy;
    }
}
