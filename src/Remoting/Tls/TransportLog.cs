using System.Net;
using System.Security.Authentication;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;

namespace AkkaLb.Remoting.Tls;

/// <summary>Reads what Akka's transport logs in its own actor system: refused peers become one line each, now and then; the rest is handed
/// on.</summary>
/// <remarks>The transport logs a refused peer two or three times, over many lines, and gives advice that does not fit. It is recognized by the
/// message's template; one that another release words differently is handed on as it is.</remarks>
internal sealed class TransportLog : ReceiveActor
{
    /// <summary>Of a peer that dialled us.</summary>
    public const string NoCertificate = "it showed no certificate: give it one (akkalb.tls)";

    private const string Failed = "TLS handshake failed on channel";
    private const string FailedLater = "TLS exception on channel";
    private const string NoneShown = "Mutual TLS required but";
    private const string Rejected = "Rejected incoming connection";
    private const string Caught = "Error caught channel";
    private const string ShutDown = "CoordinatedShutdown invoked";

    private readonly ILoggingAdapter _log;
    private readonly EventStream _events;
    private readonly Func<string, string?> _takeRefusal;
    private readonly RareLines _said = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 1000);
    private string? _lastCause;
    private string? _withoutCertificate;

    public TransportLog(ActorSystem node, Func<string, string?> takeRefusal)
    {
        (_log, _events, _takeRefusal) = (Logging.GetLogger(node, typeof(MutualTlsTransport)), node.EventStream, takeRefusal);
        Receive<LogEvent>(OnLogEvent);
    }

    /// <param name="node">Whose log gets the lines.</param>
    /// <param name="takeRefusal">Why the peer at the remote end of a connection was refused; null where that is not known.</param>
    public static Props Props(ActorSystem node, Func<string, string?> takeRefusal) =>
        Akka.Actor.Props.Create(() => new TransportLog(node, takeRefusal));

    /// <summary>Why a handshake failed, when no certificate was judged.</summary>
    public static string Describe(Exception failure)
    {
        var cause = failure.GetBaseException();
        return IsNotTls(cause) ? "it does not speak TLS: switch it on there too (akkalb.tls)"
            : cause is AuthenticationException or IOException ? $"it broke off the TLS handshake ({cause.Message})"
            : $"the TLS handshake failed ({cause.Message})";
    }

    private void OnLogEvent(LogEvent e)
    {
        if (e.Message is not LogMessage message)
        {
            _events.Publish(e);
            return;
        }

        if (message.Format.StartsWith(Failed, StringComparison.Ordinal))
        {
            // Followed by a second entry when it was a peer that dialled us. Of those that we dialled the association tells.
            _lastCause = e.Cause is null ? null : Describe(e.Cause);
        }
        else if (message.Format.StartsWith(NoneShown, StringComparison.Ordinal))
        {
            _withoutCertificate = Remote(message);
        }
        else if (message.Format.StartsWith(Rejected, StringComparison.Ordinal))
        {
            OnRejected(Remote(message));
        }
        else if (!IsRepetition(message.Format, e.Cause))
        {
            _events.Publish(e);
        }
    }

    private static bool IsRepetition(string format, Exception? cause) =>
        format.StartsWith(FailedLater, StringComparison.Ordinal)
        || format.StartsWith(ShutDown, StringComparison.Ordinal)
        || (format.StartsWith(Caught, StringComparison.Ordinal) && cause is not null && IsNotTls(cause.GetBaseException()));

    private static bool IsNotTls(Exception cause) => cause.GetType().Name == "NotSslRecordException";

    private void OnRejected(string remote)
    {
        var reason = _takeRefusal(remote) ?? (remote == _withoutCertificate ? NoCertificate : _lastCause ?? "the TLS handshake failed");
        (_withoutCertificate, _lastCause) = (null, null);
        if (_said.Say($"this node refused a connection from {HostOf(remote)}: {reason}", Context.System.Scheduler.MonotonicClock) is { } line)
        {
            _log.Warning("{0}", line);
        }
    }

    private static string Remote(LogMessage message) => message.Parameters().FirstOrDefault()?.ToString() ?? "";

    /// <summary>Without the port, which differs each time.</summary>
    private static string HostOf(string remote) => !IPEndPoint.TryParse(remote, out var end) ? remote
        : end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4().ToString()
        : end.Address.ToString();
}
