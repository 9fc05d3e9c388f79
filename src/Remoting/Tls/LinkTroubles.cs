using Akka.Actor;
using Akka.Remote;
using Akka.Remote.Transport;
using AkkaLb.Transport.Pipelines;

namespace AkkaLb.Remoting.Tls;

/// <summary>Remembers why the last connection to another node did not come about, where TLS or a wrong name is likely the cause: for the line of
/// a node that finds nobody.</summary>
internal sealed class LinkTroubles
{
    private readonly ActorSystem _system;
    private readonly IActorRef _listener;
    private volatile string? _latest;
    private volatile bool _hasAnswered;

    /// <summary>The sentence about the last connection that was taken.</summary>
    private volatile string? _said;

    private LinkTroubles(ActorSystem system)
    {
        _system = system;
        _listener = system.ActorOf(Props.Create(() => new Listener(this)));
        system.EventStream.Subscribe(_listener, typeof(AssociationTrouble));
        system.EventStream.Subscribe(_listener, typeof(AssociationErrorEvent));
        system.EventStream.Subscribe(_listener, typeof(AssociatedEvent));
        system.EventStream.Subscribe(_listener, typeof(DisassociatedEvent));
    }

    /// <summary>One sentence that names the other node; null when nothing of the kind has happened.</summary>
    public string? Latest => _hasAnswered && _latest == _said ? null : _latest;

    /// <summary>From now on until it is stopped, or the actor system ends.</summary>
    public static LinkTroubles Of(ActorSystem system) => new(system);

    /// <summary>The node that was looked for has answered: it goes by the address that it was given. A connection to any node tells nothing from now
    /// on.</summary>
    public void Answered()
    {
        if (!_hasAnswered)
        {
            (_hasAnswered, _latest) = (true, null);
        }
    }

    public void Stop() => _system.Stop(_listener);

    private sealed class Listener : ReceiveActor
    {
        private Address? _connected;

        public Listener(LinkTroubles troubles)
        {
            Receive<AssociationTrouble>(m => troubles._latest = m.Sentence);

            // A node with TLS hangs up on one without; one without it cannot know why.
            Receive<AssociationErrorEvent>(
                m => !m.IsInbound && m.Cause.GetBaseException() is AkkaProtocolException && m.RemoteAddress.Protocol == "akka.tcp",
                m => troubles._latest = $"{m.RemoteAddress.Host}:{m.RemoteAddress.Port} hung up at once: if it has TLS, this node needs "
                    + $"TLS too (akkalb.tls)");
            Receive<AssociationErrorEvent>(m => Forget(m.RemoteAddress));
            Receive<DisassociatedEvent>(m => Forget(m.RemoteAddress));

            // Akka drops what is addressed to another name than the node's own; only that node's log knows which that is.
            Receive<AssociatedEvent>(
                m => !m.IsInbound && !troubles._hasAnswered,
                m => (_connected, troubles._said) = (m.RemoteAddress, troubles._latest =
                    $"{m.RemoteAddress.Host}:{m.RemoteAddress.Port} took the connection and did not answer: if it goes by another address, which "
                        + $"its log tells, use that one"));
            Receive<AssociatedEvent>(_ => { });

            // It does not even take the connection any more.
            void Forget(Address address)
            {
                if (address == _connected && troubles._latest == troubles._said)
                {
                    troubles._latest = null;
                }
            }
        }
    }
}

/// <summary>Puts sentences together.</summary>
internal static class Sentence
{
    /// <summary>The separator and the text; nothing where there is no text.</summary>
    public static string After(this string? text, string separator) => text is null ? "" : separator + text;
}
