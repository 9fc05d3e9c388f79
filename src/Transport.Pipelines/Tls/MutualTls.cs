using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor.Setup;

namespace AkkaLb.Transport.Pipelines.Tls;

/// <summary>Hands a <see cref="NodeTls"/> to the transport of an actor system, which also needs <c>enable-ssl = on</c>. Addresses then begin with
/// <c>akka.ssl.tcp://</c>.</summary>
public sealed class NodeTlsSetup(NodeTls tls) : Setup
{
    public NodeTls Tls => tls;
}

/// <summary>Both sides show a certificate, and each believes those that its CA signed.</summary>
internal sealed class MutualTls : PeerTls
{
    /// <summary>How soon a renewed certificate is noticed where nobody dials.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly NodeTls _tls;
    private readonly ConnectionLog _log;
    private readonly ITimer _looking;

    public MutualTls(NodeTls tls, ConnectionLog log)
    {
        (_tls, _log) = (tls, log);
        tls.Told += log.Tell;
        _looking = TimeProvider.System.CreateTimer(_ => _ = tls.Certificate, null, LookEvery, LookEvery);
    }

    protected override bool IsMutual => true;

    protected override X509Certificate2 Certificate => _tls.Certificate;

    protected override X509Certificate2Collection Roots => _tls.Peers.Roots;

    protected override string? WhyRefused(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors, PeerRole role, string? host) =>
        _tls.Peers.WhyRefused(certificate, chain?.ChainPolicy.ExtraStore ?? [], role, host, TimeProvider.System.GetUtcNow());

    public override void Dispose()
    {
        base.Dispose();
        _looking.Dispose();
        _tls.Told -= _log.Tell;
    }
}
