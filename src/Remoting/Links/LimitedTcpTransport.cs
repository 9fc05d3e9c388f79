using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;

namespace AkkaLb.Remoting.Links;

/// <summary>Akka.Remote's own TCP transport, with <see cref="SilentSockets"/>.</summary>
internal sealed class LimitedTcpTransport : Akka.Remote.Transport.Transport
{
    private const string InnerTypeName = "Akka.Remote.Transport.DotNetty.TcpTransport, Akka.Remote";

    private readonly ICancelable? _looking;

    /// <summary>Called by Akka.Remote, which found this type's name in the configuration.</summary>
    public LimitedTcpTransport(ActorSystem system, Config config)
    {
        (System, Config) = (system, config);
        Inner = CreateInner(system, config);
        _looking = SilentSockets.Limit(Inner, system.Scheduler, Logging.GetLogger(system, typeof(LimitedTcpTransport)));
    }

    public override string SchemeIdentifier => Inner.SchemeIdentifier;

    public override long MaximumPayloadBytes => Inner.MaximumPayloadBytes;

    internal Akka.Remote.Transport.Transport Inner { get; }

    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen() => Inner.Listen();

    public override bool IsResponsibleFor(Address remote) => Inner.IsResponsibleFor(remote);

    public override Task<AssociationHandle> Associate(Address remoteAddress) => Inner.Associate(remoteAddress);

    public override Task<bool> ManagementCommand(object message) => Inner.ManagementCommand(message);

    public override Task<bool> Shutdown()
    {
        _looking?.Cancel();
        return Inner.Shutdown();
    }

    /// <summary>The transport itself, which is not public.</summary>
    internal static Akka.Remote.Transport.Transport CreateInner(ActorSystem system, Config config) =>
        (Akka.Remote.Transport.Transport)Activator.CreateInstance(Type.GetType(InnerTypeName, throwOnError: true)!, system, config)!;
}
