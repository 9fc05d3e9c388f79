using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AkkaLb.Tests.Support.Certificates;

/// <summary>A CA of a test, which signs what it is told to. Its files and those of its certificates lie in the folder it was given.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);
    private readonly X509Certificate2 _certificate;
    private readonly string _folder;
    private readonly string _name;
    private int _serial;

    public TestAuthority(string folder, string name)
    {
        (_folder, _name) = (folder, name);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow - Lifetime, DateTimeOffset.UtcNow + Lifetime);
        File.WriteAllText(CertificateFile, _certificate.ExportCertificatePem() + "\n");
    }

    /// <summary>The CA's certificate, PEM.</summary>
    public string CertificateFile => Path.Combine(_folder, $"{_name}.crt");

    public X509Certificate2Collection Certificates => [X509Certificate2.CreateFromPem(_certificate.ExportCertificatePem())];

    /// <summary>A certificate for a node of this machine.</summary>
    public TestCertificate Issue(string name) => Issue(name, new Request());

    public TestCertificate Issue(string name, Request what)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in what.Hosts)
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [.. what.IsForServers ? [new Oid("1.3.6.1.5.5.7.3.1")] : Array.Empty<Oid>(),
            .. what.IsForClients ? [new Oid("1.3.6.1.5.5.7.3.2")] : Array.Empty<Oid>()], false));
        var until = DateTimeOffset.UtcNow + what.ValidFor;
        using var signed = request.Create(_certificate, until - Lifetime / 3, until, BitConverter.GetBytes(++_serial));
        var certificate = new TestCertificate(
            Path.Combine(_folder, $"{_name}-{name}.crt"), Path.Combine(
                _folder, $"{_name}-{name}.key"), CertificateFile, signed.CopyWithPrivateKey(key));
        File.WriteAllText(certificate.CertificateFile, signed.ExportCertificatePem());
        File.WriteAllText(certificate.KeyFile, key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }

    public void Dispose() => _certificate.Dispose();

    /// <summary>What to sign; the defaults suit a node of this machine.</summary>
    public sealed record Request
    {
        public IReadOnlyList<string> Hosts { get; init; } = ["127.0.0.1", "localhost"];

        public bool IsForServers { get; init; } = true;

        public bool IsForClients { get; init; } = true;

        /// <summary>From now; below zero for one that has expired. At most 10 days.</summary>
        public TimeSpan ValidFor { get; init; } = TimeSpan.FromDays(1);
    }
}

/// <summary>A certificate with its key, and where they lie as PEM files.</summary>
public sealed record TestCertificate(string CertificateFile, string KeyFile, string AuthorityFile, X509Certificate2 Certificate);
