using System.Security.Cryptography.X509Certificates;
using AkkaLb.Transport.Pipelines.Tls;
using AkkaLb.Tests.Support.Certificates;

namespace AkkaLb.Transport.Pipelines.Tests.Tls;

public sealed class PeerCheckTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-tls-").FullName;
    private readonly TestAuthority _authority;
    private readonly PeerCheck _check;

    public PeerCheckTests()
    {
        _authority = new TestAuthority(_folder, "ca");
        _check = new PeerCheck(_authority.Certificates, "ca.pem");
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Certificate_of_our_CA_is_believed_from_both_sides()
    {
        var node = _authority.Issue("node");

        Assert.Null(Refusal(node, PeerRole.Server, "127.0.0.1"));
        Assert.Null(Refusal(node, PeerRole.Server, "localhost"));
        Assert.Null(Refusal(node, PeerRole.Client, host: null));
    }

    [Fact]
    public void Certificate_for_another_host_is_refused_by_the_node_that_dials() =>
        Assert.Equal("does not name the host 127.0.0.2: its subjectAltName must", Refusal(_authority.Issue("node"), PeerRole.Server, "127.0.0.2"));

    [Fact]
    public void Address_in_brackets_is_compared_without_them() =>
        Assert.Null(Refusal(_authority.Issue("node", new() { Hosts = ["::1"] }), PeerRole.Server, "[::1]"));

    [Theory]
    [InlineData("")]
    [InlineData("not a host")]
    public void What_is_no_host_is_named_by_no_certificate(string host) =>
        Assert.Contains("does not name", Refusal(_authority.Issue("node"), PeerRole.Server, host), StringComparison.Ordinal);

    [Fact]
    public void Common_name_is_no_host_name() =>
        Assert.StartsWith("does not name", Refusal(
            _authority.Issue("node.example", new() { Hosts = ["other.example"] }), PeerRole.Server, "node.example"), StringComparison.Ordinal);

    /// <summary>The name of a CA proves nothing; its key does.</summary>
    [Theory]
    [InlineData("other")]
    [InlineData("ca")]
    public void Certificate_of_another_CA_is_refused_also_when_it_has_the_same_name(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "stranger")).FullName;
        using var stranger = new TestAuthority(folder, name);

        Assert.Equal("was not signed by ca.pem", Refusal(stranger.Issue("node"), PeerRole.Client, host: null));
    }

    [Fact]
    public void Intermediates_that_a_stranger_sends_along_earn_no_trust()
    {
        using var stranger = new TestAuthority(_folder, "stranger");
        var refusal = _check.WhyRefused(stranger.Issue("node").Certificate, stranger.Certificates, PeerRole.Client, host: null, Now);

        Assert.Equal("was not signed by ca.pem", refusal);
    }

    [Fact]
    public void Expired_certificate_is_refused_with_its_date() =>
        Assert.Matches("^expired at 20..-..-.. ..:.. UTC: renew it$", Refusal(
            _authority.Issue("node", new() { ValidFor = TimeSpan.FromDays(-1) }), PeerRole.Server, "localhost"));

    [Fact]
    public void Certificate_of_tomorrow_is_refused() =>
        Assert.StartsWith("is not valid before", _check.WhyRefused(
            _authority.Issue("node").Certificate, [], PeerRole.Client, null, Now - TimeSpan.FromDays(9.5)), StringComparison.Ordinal);

    [Fact]
    public void Certificate_is_good_for_the_use_it_was_signed_for_only()
    {
        var client = _authority.Issue("client", new() { IsForServers = false });
        var server = _authority.Issue("server", new() { IsForClients = false });

        Assert.Null(Refusal(client, PeerRole.Client, host: null));
        Assert.StartsWith("may not be used by a server", Refusal(client, PeerRole.Server, "localhost"), StringComparison.Ordinal);
        Assert.StartsWith("may not be used by a client", Refusal(server, PeerRole.Client, host: null), StringComparison.Ordinal);
    }

    [Fact]
    public void While_one_CA_replaces_another_both_are_believed()
    {
        using var next = new TestAuthority(_folder, "next");
        var both = new PeerCheck([.. _authority.Certificates, .. next.Certificates], "cas.pem");

        Assert.All([_authority.Issue("old"), next.Issue("new")], node => Assert.Null(
            both.WhyRefused(node.Certificate, [], PeerRole.Server, "localhost", Now)));
    }

    private string? Refusal(TestCertificate peer, PeerRole role, string? host) => _check.WhyRefused(peer.Certificate, [], role, host, Now);
}
