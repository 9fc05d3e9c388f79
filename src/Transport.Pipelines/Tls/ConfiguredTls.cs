using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Configuration;
using AkkaLb.Endpoints;

namespace AkkaLb.Transport.Pipelines.Tls;

/// <summary>TLS by the names of the standard transport's section <c>ssl</c>: a PKCS#12 file or a certificate of the machine's store, and the CAs
/// that the machine trusts.</summary>
/// <remarks>Two names more: with <c>certificate.key</c> and <c>authority</c> the files are PEM, and it is <see cref="MutualTls"/>.</remarks>
internal sealed class ConfiguredTls : PeerTls
{
    private readonly Func<X509Certificate2> _certificate;
    private readonly bool _isValidated;
    private readonly bool _isHostValidated;

    private ConfiguredTls(Func<X509Certificate2> certificate, bool isMutual, bool isValidated, bool isHostValidated) =>
        (_certificate, IsMutual, _isValidated, _isHostValidated) = (certificate, isMutual, isValidated, isHostValidated);

    protected override bool IsMutual { get; }

    protected override X509Certificate2 Certificate => _certificate();

    protected override X509Certificate2Collection Roots => [];

    /// <exception cref="ConfigurationException">There is no certificate that can be used.</exception>
    public static PeerTls Read(Config ssl, ConnectionLog log)
    {
        var path = ssl.GetString("certificate.path", "");
        var (key, authority) = (ssl.GetString("certificate.key", ""), ssl.GetString("authority", ""));
        try
        {
            if (!string.IsNullOrEmpty(key) || !string.IsNullOrEmpty(authority))
            {
                return new MutualTls(NodeTls.FromFiles(path, key, authority), log);
            }

            return new ConfiguredTls(
                IsOn(ssl, "certificate.use-thumbprint-over-file", false) ? FromStore(ssl) : FromFile(path, ssl, log),
                IsOn(ssl, "require-mutual-authentication", true),
                !IsOn(ssl, "suppress-validation", false),
                IsOn(ssl, "validate-certificate-hostname", false));
        }
        catch (PemFileException e)
        {
            throw new ConfigurationException($"TLS is on (enable-ssl) and has no certificate that can be used (ssl): {e.Message}", e);
        }
    }

    protected override string? WhyRefused(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors, PeerRole role, string? host)
    {
        if (!_isValidated)
        {
            return null;
        }

        var counts = _isHostValidated ? errors : errors & ~SslPolicyErrors.RemoteCertificateNameMismatch;
        return (counts & SslPolicyErrors.RemoteCertificateNameMismatch) != 0 ? $"does not name the host {host}: its subjectAltName must"
            : counts != SslPolicyErrors.None ? $"is not trusted here ({string.Join(", ", chain?.ChainStatus.Select(s => s.Status) ?? [])})"
            : null;
    }

    private static bool IsOn(Config ssl, string name, bool @default)
    {
        try
        {
            return ssl.GetBoolean(name, @default);
        }
        catch (NotSupportedException e)
        {
            throw new ConfigurationException($"ssl.{name} = {ssl.GetString(name, "")} is neither on nor off", e);
        }
    }

    private static Func<X509Certificate2> FromFile(string path, Config ssl, ConnectionLog log)
    {
        var password = ssl.GetString("certificate.password", null);
        if (string.IsNullOrEmpty(path))
        {
            throw new PemFileException("certificate.path is empty");
        }

        var files = new ReloadedFiles<X509Certificate2>(
            [path],
            _ => Load(path, password),
            read => $"{path} changed and new connections between nodes use what is in it now: {PemFiles.Describe(read)}",
            TimeProvider.System);
        files.Told += log.Tell;
        return () => files.Current;
    }

    private static X509Certificate2 Load(string path, string? password)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12FromFile(path, password);
            return certificate.HasPrivateKey ? certificate : throw new PemFileException($"{path} holds no private key");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new PemFileException($"{path} cannot be read as PKCS#12 with its password: {e.Message}", e);
        }
    }

    private static Func<X509Certificate2> FromStore(Config ssl)
    {
        var thumbprint = ssl.GetString("certificate.thumbprint", "");
        var name = ssl.GetString("certificate.store-name", "");
        using var store = new X509Store(
            string.IsNullOrEmpty(name) ? "My" : name,
            ssl.GetString("certificate.store-location", "current-user") == "local-machine" ? StoreLocation.LocalMachine : StoreLocation.CurrentUser);
        try
        {
            store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
        }
        catch (CryptographicException e)
        {
            throw new PemFileException($"the certificate store {store.Name} cannot be opened: {e.Message}", e);
        }

        var found = store.Certificates.Find(X509FindType.FindByThumbprint, thumbprint, validOnly: false).FirstOrDefault(c => c.HasPrivateKey)
            ?? throw new PemFileException($"the certificate store {store.Name} has no certificate {thumbprint} with a private key");
        return () => found;
    }
}
