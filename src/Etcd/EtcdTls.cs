using System.Net.Security;
using System.Security.Cryptography;
using AkkaLb.Endpoints;
using System.Security.Cryptography.X509Certificates;

namespace AkkaLb.Etcd;

/// <summary>Whom to believe to be etcd, and who we are to it. Thread-safe.</summary>
/// <remarks>The host in each endpoint must be among the names of that member's certificate. Nothing is fetched from the network: no revocation lists,
/// no missing intermediates.</remarks>
public sealed class EtcdTls
{
    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");
    private readonly Content? _given;
    private readonly ReloadedFiles<Content>? _files;

    /// <param name="authorities">The CA that signed the certificates of etcd's members, at least one self-signed; null: those that this machine
    /// trusts.
    /// </param>
    /// <param name="certificate">Ours with its private key, for an etcd that asks for one (<c>--client-cert-auth</c>); null: none.</param>
    public EtcdTls(X509Certificate2Collection? authorities = null, X509Certificate2? certificate = null) =>
        _given = new Content(authorities, certificate);

    private EtcdTls(ReloadedFiles<Content> files) => _files = files;

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

    public X509Certificate2Collection? Authorities => Now.Authorities;

    public X509Certificate2? Certificate => Now.Certificate;

    private Content Now => _given ?? _files!.Current;

    /// <summary>Reads PEM files; what is null is left out. A certificate needs its key. Files that change are read again for the next connection;
    /// while they cannot be used, what was read before stays in use.</summary>
    /// <exception cref="PemFileException">A file cannot be read, is malformed, or the key belongs to another certificate.</exception>
    /// <exception cref="ArgumentException">A certificate without a key, or a key without a certificate.</exception>
    public static EtcdTls FromFiles(string? authority, string? certificate, string? key) =>
        FromFiles(authority, certificate, key, TimeProvider.System);

    internal static EtcdTls FromFiles(string? authority, string? certificate, string? key, TimeProvider time)
    {
        if (certificate is null != key is null)
        {
            throw new ArgumentException("a certificate and its key go together", nameof(key));
        }

        string[] files = [.. new[] { authority, certificate, key }.OfType<string>()];
        return new EtcdTls(new ReloadedFiles<Content>(
            files,
            _ => new Content(
                authority is null ? null : PemFiles.ReadAuthorities(authority),
                certificate is null ? null : PemFiles.ReadIdentity(certificate, key!)),
            content => $"{string.Join(", ", files)} changed and the next connection to etcd uses what is in them now"
                + (content.Certificate is { } ours ? $": {PemFiles.Describe(ours)}" : ""),
            time));
    }

    internal void Configure(SslClientAuthenticationOptions options)
    {
        var (authorities, certificate) = Now;
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

    private sealed record Content(X509Certificate2Collection? Authorities, X509Certificate2? Certificate);
}
