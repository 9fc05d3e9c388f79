using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using AkkaLb.Tests.Support.Certificates;

namespace AkkaLb.Transport.Pipelines.Tests.Tls;

/// <summary>Actor systems with the standard transport's settings for TLS, whichever transport reads them.</summary>
public sealed class TlsBetweenSystemsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-tls-").FullName;
    private readonly RemotingNodes _nodes = new();
    private readonly string _settings;

    public TlsBetweenSystemsTests()
    {
        const string password = "password";
        var file = Path.Combine(_folder, "node.pfx");
        using var authority = new TestAuthority(_folder, "ca");
        File.WriteAllBytes(file, authority.Issue("node").Certificate.Export(X509ContentType.Pkcs12, password));
        _settings =
            $"""
            enable-ssl = on
            ssl.suppress-validation = on
            ssl.certificate.path = "{file}"
            ssl.certificate.password = {password}

            """;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _nodes.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(TransportKind.Standard, TransportKind.Standard, "on")]
    [InlineData(TransportKind.Pipelines, TransportKind.Pipelines, "on")]
    [InlineData(TransportKind.Pipelines, TransportKind.Pipelines, "off")]
    [InlineData(TransportKind.Pipelines, TransportKind.Standard, "on")]
    [InlineData(TransportKind.Pipelines, TransportKind.Standard, "off")]
    [InlineData(TransportKind.Standard, TransportKind.Pipelines, "on")]
    [InlineData(TransportKind.Standard, TransportKind.Pipelines, "off")]
    public async Task Messages_of_all_sizes_come_in_order_both_ways(TransportKind first, TransportKind second, string mutual)
    {
        var settings = $"{_settings}ssl.require-mutual-authentication = {mutual}";
        var (a, b) = (_nodes.Start(first, settings), _nodes.Start(second, settings));
        Assert.Equal(("akka.ssl.tcp", "akka.ssl.tcp"), (a.Address.Protocol, b.Address.Protocol));
        var (toldA, toldB) = (a.Inbox("inbox").Told, b.Inbox("inbox").Told);
        var (toB, toA) = (await a.FindAsync(b, "inbox"), await b.FindAsync(a, "inbox"));
        var random = new Random(1);
        var sent = Enumerable.Range(0, 1000).Select(i => new byte[i % 50 == 0 ? random.Next(127_000) : random.Next(200)]).ToArray();
        Array.ForEach(sent, random.NextBytes);

        foreach (var message in sent)
        {
            toA.Tell(message);
            toB.Tell(message);
        }

        foreach (var message in sent)
        {
            Assert.Equal(message, await toldA.NextAsync());
            Assert.Equal(message, await toldB.NextAsync());
        }
    }
}
