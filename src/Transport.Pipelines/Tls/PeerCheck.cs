using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AkkaLb.Endpoints;

namespace AkkaLb.Transport.Pipelines.Tls;

/// <summary>What a certificate is shown for.</summary>
internal enum PeerRole
{
    /// <summary>By the side that was dialled.</summary>
    Server,

    /// <summary>By the side that dials.</summary>
    Client,
}

/// <summary>Decides whether another node's certificate is believed: signed by our CA, now valid, meant for this use, and of the host
/// dialled.</summary>
internal sealed class PeerCheck
{
    private const int NameLengthMax = 100;
    internal static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");
    internal static readonly Oid ClientUse = new("1.3.6.1.5.5.7.3.2");

    private readonly X509Certificate2[] _roots;
    private readonly X509Certificate2[] _others;
    private readonly string _authorityName;

    public PeerCheck(X509Certificate2Collection authorities, string authorityName)
    {
        _roots = [.. authorities.Where(PemFiles.IsSelfIssued)];
        _others = [.. authorities.Where(a => !PemFiles.IsSelfIssued(a))];
        _authorityName = authorityName;
        if (_roots.Length == 0)
        {
            throw new ArgumentException("none of the authorities is self-signed", nameof(authorities));
        }
    }

    /// <summary>The self-signed ones among the authorities.</summary>
    public X509Certificate2Collection Roots => [.. _roots];

    /// <param name="sent">Intermediates that the peer sent along; they help to find the way to our CA and are not trusted themselves.</param>
    /// <param name="host">The name or address that was dialled; null for a peer that dialled us, whose name nobody knows beforehand.</param>
    /// <returns>Continues "the certificate": what is wrong with it, and what to do; null when it is believed.</returns>
    public string? WhyRefused(X509Certificate2 certificate, IEnumerable<X509Certificate2> sent, PeerRole role, string? host, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(_roots);
        policy.ExtraStore.AddRange(_others);
        policy.ExtraStore.AddRange(sent.ToArray());
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = now.LocalDateTime;
        policy.VerificationTimeIgnored = false;
        policy.ApplicationPolicy.Add(role == PeerRole.Server ? ServerUse : ClientUse);
        var isTrusted = chain.Build(certificate);
        var flaws = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, s) => all | s.Status);
        try
        {
            return isTrusted ? WhyNotOf(certificate, host) : Describe(certificate, flaws, role, now);
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    /// <summary>The subject, short and printable: it comes from strangers.</summary>
    public static string NameOf(X509Certificate2 certificate)
    {
        var name = string.Concat(certificate.Subject.Select(c => char.IsControl(c) ? '?' : c));
        return name.Length <= NameLengthMax ? name : name[..NameLengthMax] + "...";
    }

    private static string? WhyNotOf(X509Certificate2 certificate, string? host) =>
        host is null || IsNamed(certificate, host.Trim('[', ']'))
            ? null
            : $"does not name the host {host}: its subjectAltName must";

    private static bool IsNamed(X509Certificate2 certificate, string host) =>
        Uri.CheckHostName(host) != UriHostNameType.Unknown && certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false);

    private string Describe(X509Certificate2 certificate, X509ChainStatusFlags flaws, PeerRole role, DateTimeOffset now)
    {
        const X509ChainStatusFlags foreign =
            X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid;
        if ((flaws & foreign) != 0)
        {
            return $"was not signed by {_authorityName}";
        }

        if ((flaws & X509ChainStatusFlags.NotTimeValid) != 0)
        {
            return certificate.NotAfter <= now.LocalDateTime ? $"expired at {Utc(certificate.NotAfter)}: renew it"
                : certificate.NotBefore > now.LocalDateTime ? $"is not valid before {Utc(certificate.NotBefore)}: check the clock"
                : $"was signed by a CA that is not valid now: renew {_authorityName}";
        }

        return (flaws & X509ChainStatusFlags.NotValidForUsage) != 0
            ? $"may not be used by a {(role == PeerRole.Server ? "server" : "client")}: its extendedKeyUsage must hold serverAuth and clientAuth"
            : $"cannot be verified: {flaws}";
    }

    private static string Utc(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
