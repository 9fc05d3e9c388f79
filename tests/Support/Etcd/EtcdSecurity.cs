using AkkaLb.Tests.Support.Certificates;

namespace AkkaLb.Tests.Support.Etcd;

/// <summary>How an <see cref="EtcdProcess"/> is protected; by default not at all.</summary>
public sealed record EtcdSecurity
{
    /// <summary>Of etcd itself: with it, it speaks TLS. Null: plain.</summary>
    public TestCertificate? Server { get; init; }

    /// <summary>Shown by <c>etcdctl</c>; with it, etcd asks everybody for a certificate of the same CA.</summary>
    public TestCertificate? Client { get; init; }

    /// <summary>Life of a token since its last use.</summary>
    public TimeSpan TokenTtl { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For etcd's command line. Passwords are checked cheaply.</summary>
    internal IEnumerable<string> EtcdArguments =>
    [
        "--bcrypt-cost", "4", "--auth-token-ttl", FormattableString.Invariant($"{TokenTtl.TotalSeconds:0}"),
        .. Server is null ? Array.Empty<string>() : ["--cert-file", Server.CertificateFile, "--key-file", Server.KeyFile],
        .. Client is null ? Array.Empty<string>() : ["--client-cert-auth", "--trusted-ca-file", Client.AuthorityFile],
    ];

    /// <summary>For that of etcdctl.</summary>
    internal IEnumerable<string> EtcdctlArguments =>
    [
        .. Server is null ? Array.Empty<string>() : ["--cacert", Server.AuthorityFile],
        .. Client is null ? Array.Empty<string>() : ["--cert", Client.CertificateFile, "--key", Client.KeyFile],
    ];
}
