using AkkaLb.Endpoints;
using AkkaLb.Transport.Pipelines.Tls;
using AkkaLb.Tests.Support.Certificates;

namespace AkkaLb.Transport.Pipelines.Tests.Tls;

public sealed class NodeTlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-tls-").FullName;
    private readonly TestAuthority _authority;
    private readonly TestCertificate _node;

    public NodeTlsTests()
    {
        _authority = new TestAuthority(_folder, "ca");
        _node = _authority.Issue("node");
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Good_files_make_a_node_that_others_accept()
    {
        var tls = NodeTls.FromFiles(_node.CertificateFile, _node.KeyFile, _authority.CertificateFile);

        Assert.True(tls.Certificate.HasPrivateKey);
        Assert.Null(tls.WhyUnfit("127.0.0.1", DateTimeOffset.UtcNow));
    }

    [Fact]
    public void File_that_is_not_there_is_named()
    {
        var missing = Path.Combine(_folder, "missing.pem");

        Assert.Contains($"{missing} cannot be read", Problem(missing, _node.KeyFile, _authority.CertificateFile), StringComparison.Ordinal);
        Assert.Contains($"{missing} cannot be read", Problem(_node.CertificateFile, missing, _authority.CertificateFile), StringComparison.Ordinal);
        Assert.Contains($"{missing} cannot be read", Problem(_node.CertificateFile, _node.KeyFile, missing), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    public void File_of_something_else_is_named(string text)
    {
        var file = Write("wrong.pem", text);

        Assert.Equal($"{file} holds no certificate in PEM form", Problem(file, _node.KeyFile, _authority.CertificateFile));
        Assert.Equal($"{file} holds no private key (RSA or EC) in PEM form", Problem(_node.CertificateFile, file, _authority.CertificateFile));
        Assert.Equal($"{file} holds no certificate in PEM form", Problem(_node.CertificateFile, _node.KeyFile, file));
    }

    [Fact]
    public void Key_of_another_certificate_is_refused()
    {
        var other = _authority.Issue("other");

        Assert.StartsWith(
            $"{other.KeyFile} is not the private key of {_node.CertificateFile}",
            Problem(_node.CertificateFile, other.KeyFile, _authority.CertificateFile), StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_in_the_place_of_the_CA_is_refused() =>
        Assert.Contains("holds no self-signed CA certificate", Problem(
            _node.CertificateFile, _node.KeyFile, _node.CertificateFile), StringComparison.Ordinal);

    [Fact]
    public void Key_with_a_passphrase_is_refused_without_asking_for_it()
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        var file = Write("locked.key", key.ExportEncryptedPkcs8PrivateKeyPem("secret", new(
            System.Security.Cryptography.PbeEncryptionAlgorithm.Aes256Cbc, System.Security.Cryptography.HashAlgorithmName.SHA256, 1000)));

        Assert.StartsWith($"{file} is protected by a passphrase", Problem(
            _node.CertificateFile, file, _authority.CertificateFile), StringComparison.Ordinal);
    }

    [Fact]
    public void Node_that_others_would_refuse_knows_it_before_it_starts()
    {
        using var stranger = new TestAuthority(_folder, "stranger");
        var expired = _authority.Issue("expired", new() { ValidFor = TimeSpan.FromDays(-1) });

        Assert.EndsWith("does not name the host 10.0.0.1: its subjectAltName must", WhyUnfit(_node, _authority, "10.0.0.1"),
            StringComparison.Ordinal);
        Assert.Contains("was not signed by", WhyUnfit(_node, stranger, "127.0.0.1"), StringComparison.Ordinal);
        Assert.Contains("expired at", WhyUnfit(expired, _authority, "127.0.0.1"), StringComparison.Ordinal);
    }

    private static string? WhyUnfit(TestCertificate node, TestAuthority authority, string host) =>
        NodeTls.FromFiles(node.CertificateFile, node.KeyFile, authority.CertificateFile).WhyUnfit(host, DateTimeOffset.UtcNow);

    private static string Problem(string certificate, string key, string authority) =>
        Assert.Throws<PemFileException>(() => NodeTls.FromFiles(certificate, key, authority)).Message;

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
