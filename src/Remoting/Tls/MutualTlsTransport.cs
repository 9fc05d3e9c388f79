using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;
using Akka.Remote.Transport.DotNetty;
using AkkaLb.Messages;
using AkkaLb.Remoting.Links;

namespace AkkaLb.Remoting.Tls;

/// <summary>Akka.Remote's own TLS transport, with our judgement of certificates, and kept from ending the node.</summary>
/// <remarks>
/// When a TLS handshake with a peer that was dialled fails, Akka's transport shuts down its actor system: one worker with a bad certificate, or one
/// killed in the middle of a handshake, would end every client that dials it. So the transport gets an actor system of its own, of which nothing
/// depends and which ignores that, and the failure stays what it is without TLS: a failed association. From that system's log comes what is to be
/// told of peers that dialled us.
/// </remarks>
internal sealed class MutualTlsTransport : Transport
{
    /// <summary>How many refusals wait for their connection to end; more than connections can be in their handshake at once.</summary>
    private const int RefusalsMax = 10_000;

    /// <summary>A peer that has not said a word for so long has a reason that it does not tell; with TLS 1.2 a refused client is told
    /// nothing.</summary>
    private static readonly TimeSpan SilentFor = TimeSpan.FromSeconds(2);

    /// <summary>How soon a renewed certificate is shown to those that dial us.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly ActorSystem _shelter;
    private readonly Transport _inner;
    private readonly NodeTls _tls;
    private readonly CertificateSlot? _slot;
    private readonly ICancelable _looking;
    private readonly ICancelable? _limiting;
    private readonly ILoggingAdapter _log;
    private X509Certificate2 _shown;
    private readonly ConcurrentDictionary<string, string> _refusals = new();

    /// <summary>Called by Akka.Remote, which found this type's name in the configuration.</summary>
    /// <exception cref="ConfigurationException">The actor system was started without a <see cref="MutualTlsSetup"/>.</exception>
    public MutualTlsTransport(ActorSystem system, Config config)
    {
        var tls = system.Settings.Setup.Get<MutualTlsSetup>() is { HasValue: true, Value: var setup }
            ? setup.Tls
            : throw new ConfigurationException("the TLS transport needs a certificate: start the node with NodeTls");
        (System, Config, _tls, _shown, _log) = (system, config, tls, tls.Certificate, Logging.GetLogger(system, typeof(MutualTlsTransport)));
        var ssl = new DotNettySslSetup(
            _shown, suppressValidation: false, requireMutualAuthentication: true, validateCertificateHostname: true, IsAccepted);
        _shelter = ActorSystem.Create(
            system.Name, ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(ShelterConfig(system.Settings.LogLevel)), ssl));
        _shelter.EventStream.Subscribe(
            _shelter.ActorOf(TransportLog.Props(system, remote => _refusals.TryRemove(remote, out var reason) ? reason : null)), typeof(LogEvent));
        _inner = LimitedTcpTransport.CreateInner(_shelter, config);
        _limiting = SilentSockets.Limit(_inner, _shelter.Scheduler, _log);
        _slot = CertificateSlot.Of(_inner);
        tls.Told += _log.Tell;
        _looking = _shelter.Scheduler.Advanced.ScheduleRepeatedlyCancelable(LookEvery, LookEvery, ShowCurrent);
    }

    public override string SchemeIdentifier => _inner.SchemeIdentifier;

    public override long MaximumPayloadBytes => _inner.MaximumPayloadBytes;

    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen() => _inner.Listen();

    public override bool IsResponsibleFor(Address remote) => _inner.IsResponsibleFor(remote);

    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        ShowCurrent();
        var at = $"{remoteAddress.Host}:{remoteAddress.Port}";
        try
        {
            var association = _inner.Associate(remoteAddress);
            await TellIfSilentAsync(
                association, $"{at} does not answer the TLS handshake: switch TLS on there too (akkalb.tls)").ConfigureAwait(false);
            return new FirstWordHandle(
                await association.ConfigureAwait(false),
                spoken => _ = TellIfSilentAsync(
                    spoken, $"{at} accepts the connection and says nothing: its log tells whether it refuses this node's certificate"));
        }
        catch (InvalidAssociationException e) when (WhyHandshakeFailed(remoteAddress, at, e) is { } sentence)
        {
            Tell(sentence);
            throw new InvalidAssociationException(sentence, e);
        }
    }

    public override Task<bool> ManagementCommand(object message) => _inner.ManagementCommand(message);

    public override async Task<bool> Shutdown()
    {
        _looking.Cancel();
        _limiting?.Cancel();
        _tls.Told -= _log.Tell;
        try
        {
            return await _inner.Shutdown().ConfigureAwait(false);
        }
        finally
        {
            await _shelter.Terminate().ConfigureAwait(false);
        }
    }

    private static Config ShelterConfig(string logLevel) => ConfigurationFactory.ParseString(
        $$"""
        akka {
          loggers = [], loglevel = {{HoconText.Quote(logLevel)}}, stdout-loglevel = OFF
          log-dead-letters = off, log-dead-letters-during-shutdown = off
          coordinated-shutdown { run-by-clr-shutdown-hook = off, run-by-actor-system-terminate = off, terminate-actor-system = off }
        }
        """);

    /// <summary>Connections that stand keep the certificate that they began with.</summary>
    private void ShowCurrent()
    {
        var current = _tls.Certificate;
        if (ReferenceEquals(Interlocked.Exchange(ref _shown, current), current))
        {
            return;
        }

        if (_slot is null)
        {
            _log.Warning("the renewed certificate between nodes is shown only after a restart: this release of Akka does not let it be replaced");
            return;
        }

        _slot.Put(current);
    }

    /// <param name="peer">The address that we dialled, <c>ssl.tcp://system@host:port</c>; or the remote end of a connection that was opened to
    /// us.</param>
    private bool IsAccepted(X509Certificate2? certificate, X509Chain? chain, string peer, SslPolicyErrors errors, ILoggingAdapter log)
    {
        if (certificate is null)
        {
            Refuse(peer, TransportLog.NoCertificate);
            return false;
        }

        // Where we dialled there is a name to check. A peer that is neither an end of a connection nor an address has no name that could match.
        var role = IPEndPoint.TryParse(peer, out _) ? PeerRole.Client : PeerRole.Server;
        var host = role == PeerRole.Client ? null : Uri.TryCreate(peer, UriKind.Absolute, out var address) ? address.Host : "";
        var sent = chain?.ChainPolicy.ExtraStore ?? [];
        if (_tls.Peers.WhyRefused(certificate, sent, role, host, TimeProvider.System.GetUtcNow()) is not { } reason)
        {
            return true;
        }

        Refuse(peer, $"its certificate ({PeerCheck.NameOf(certificate)}) {reason}");
        return false;
    }

    private void Refuse(string peer, string reason)
    {
        if (_refusals.Count < RefusalsMax)
        {
            _refusals[peer] = reason;
        }
    }

    /// <summary>Completes with the task, or when there is something to tell; the task may continue.</summary>
    private async Task TellIfSilentAsync(Task task, string sentence)
    {
        using var timer = new CancellationTokenSource();
        if (await Task.WhenAny(task, Task.Delay(SilentFor, TimeProvider.System, timer.Token)).ConfigureAwait(false) != task)
        {
            Tell(sentence);
        }

        await timer.CancelAsync().ConfigureAwait(false);
    }

    private void Tell(string sentence) => System.EventStream.Publish(new LinkTrouble(sentence));

    private string? WhyHandshakeFailed(Address remote, string at, InvalidAssociationException e)
    {
        if (_refusals.TryRemove(remote.ToString(), out var reason))
        {
            return $"the node at {at} was refused: {reason}";
        }

        return e.InnerException is null || !e.Message.StartsWith("TLS handshake failed", StringComparison.Ordinal)
            ? null
            : $"no TLS connection with {at} comes about: {TransportLog.Describe(e)}; its log tells whether it refuses this node's certificate";
    }
}

/// <summary>Hands a node's <see cref="NodeTls"/> to the transport that Akka.Remote creates.</summary>
internal sealed class MutualTlsSetup(NodeTls tls) : Setup
{
    public NodeTls Tls => tls;

    /// <summary>Switches the transport on; put it above everything else. Addresses then begin with <c>akka.ssl.tcp://</c>.</summary>
    /// <remarks>Without batching: below it, what arrives together with the end of the handshake begins a read whose end is never told, and the answer
    /// waits for the end of the read until the next message comes, 4 s later (the heartbeat).</remarks>
    public static Config Config { get; } = ConfigurationFactory.ParseString(
        """
        akka.remote.dot-netty.tcp {
          enable-ssl = on
          transport-class = "AkkaLb.Remoting.Tls.MutualTlsTransport, AkkaLb.Remoting"
          batching.enabled = off
        }
        """);
}
