using System.Globalization;
using System.Security.Authentication;
using AkkaLb.Endpoints;
using AkkaLb.Watching;
using Grpc.Core;

namespace AkkaLb.Etcd;

/// <summary>Turns what the client throws into two exceptions: the only place that knows gRPC's codes.</summary>
internal static class EtcdFaults
{
    /// <summary>The exception to throw instead.</summary>
    /// <param name="fault">Whatever the client threw; with an <see cref="OperationCanceledException"/> it reports deadlines too.</param>
    /// <param name="endpoints">Whom we asked, for the message.</param>
    /// <param name="settings">How we asked, for the message.</param>
    /// <param name="timeout">The deadline that was set; null on a stream without one.</param>
    /// <param name="cancellationToken">The caller's own: tells a cancellation from a deadline.</param>
    public static Exception Translate(
        Exception fault, string endpoints, EtcdSettings settings, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException("The call to etcd was cancelled.", fault, cancellationToken);
        }

        return fault switch
        {
            RpcException { StatusCode: StatusCode.DeadlineExceeded } => NoAnswer(endpoints, timeout, fault),
            RpcException rpc => Translate(rpc, endpoints, settings),
            OperationCanceledException => NoAnswer(endpoints, timeout, fault),

            _ when WhyNoConnection(fault, settings) is { } reason => new RegistryUnavailableException($"what answers at {endpoints} {reason}", fault),

            // A write to a stream that breaks at that moment fails with whatever the transport threw.
            _ => new RegistryUnavailableException($"etcd at {endpoints} cannot be used right now: "
                + $"{OneLine((Chain(fault).OfType<NotConnectedException>().FirstOrDefault() ?? fault.GetBaseException()).Message)}", fault),
        };
    }

    /// <summary>Whether the request cannot have arrived: there was no connection to send it on.</summary>
    public static bool IsUnsent(Exception fault) => Chain(fault).Any(e => e is NotConnectedException);

    /// <summary>Whether a call ended because we ended it, and not with an answer or a reason.</summary>
    public static bool IsOurEnd(Exception fault) =>
        !IsUnsent(fault) && fault is not RpcException { StatusCode: not (StatusCode.Cancelled or StatusCode.DeadlineExceeded) };

    /// <summary>The exception for a watch that etcd cancelled with a reason in words.</summary>
    public static Exception WatchCanceled(string reason, string endpoint, EtcdSettings settings) =>
        reason.Contains("permission denied", StringComparison.Ordinal) || reason.Contains("auth", StringComparison.Ordinal)
            ? new RegistryRefusedException($"etcd at {endpoint} refuses {Who(settings)} the watch: {reason}")
            : new RegistryUnavailableException($"etcd at {endpoint} cancelled the watch: {(reason.Length > 0 ? reason : "no reason given")}");

    /// <summary>Whether etcd did nothing but find the token unknown, outdated or missing: with a new one the call may be repeated.</summary>
    /// <param name="token">What the call carried. Without one, etcd takes the owner of a client certificate for the user, and denies him what ours
    /// may do.</param>
    public static bool IsTokenUnknown(RegistryRefusedException refusal, string? token) => refusal.InnerException is RpcException fault
        && (fault.StatusCode == StatusCode.Unauthenticated
            || (fault.StatusCode == StatusCode.PermissionDenied && token is null)
            || (fault.StatusCode == StatusCode.InvalidArgument && (
                Says(fault, "revision of auth store is old") || Says(fault, "user name is empty"))));

    /// <summary>Whether etcd refuses a user and password because it asks nobody for them at present.</summary>
    public static bool IsAuthenticationOff(RegistryRefusedException refusal) =>
        refusal.InnerException is RpcException { StatusCode: StatusCode.FailedPrecondition } fault && Says(fault, "authentication is not enabled");

    private static Exception Translate(RpcException fault, string endpoints, EtcdSettings settings)
    {
        var detail = DetailOf(fault);
        return fault.StatusCode switch
        {
            StatusCode.PermissionDenied =>
                new RegistryRefusedException($"etcd at {endpoints} denies {Who(settings)} access to the keys below {settings.Prefix}/: grant a role "
                    + $"that may read and write them ({detail})", fault),
            StatusCode.Unauthenticated =>
                new RegistryRefusedException($"etcd at {endpoints} does not accept {Who(settings)}: {detail}", fault),
            StatusCode.InvalidArgument when Says(fault, "authentication failed") =>
                new RegistryRefusedException($"etcd at {endpoints} refuses {Who(settings)}: user or password is wrong", fault),
            StatusCode.InvalidArgument when Says(fault, "user name is empty") =>
                new RegistryRefusedException($"etcd at {endpoints} has authentication switched on: give a user and a password", fault),
            StatusCode.FailedPrecondition when Says(fault, "authentication is not enabled") =>
                new RegistryRefusedException($"etcd at {endpoints} has authentication switched off: switch it on, or give no user", fault),
            StatusCode.Unimplemented =>
                new RegistryRefusedException($"what answers at {endpoints} is not etcd, or older than 3.3: {detail}", fault),
            StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition =>
                new RegistryRefusedException($"etcd at {endpoints} refuses the request: {detail}", fault),
            _ when WhyNoConnection(fault.Status.DebugException, settings) is { } reason =>
                new RegistryUnavailableException($"what answers at {endpoints} {reason}", fault),
            _ =>
                new RegistryUnavailableException($"etcd at {endpoints} cannot be used right now: {detail}", fault)
                {
                    IsLeaseGone = fault.StatusCode == StatusCode.NotFound,
                },
        };
    }

    private static string Who(EtcdSettings settings) =>
        settings.Credentials is { } credentials ? credentials.ToString()
        : settings.Tls?.Certificate is not null ? "the owner of the client certificate"
        : "us";

    /// <summary>Time is up. Null as its length: the stream has none.</summary>
    public static RegistryUnavailableException NoAnswer(string endpoints, TimeSpan? timeout, Exception fault) => timeout is { } limit
        ? new(string.Create(CultureInfo.InvariantCulture, $"etcd at {endpoints} did not answer within {limit.TotalSeconds:0.###} s"), fault)
        : new($"etcd at {endpoints} broke off the stream", fault);

    /// <summary>What etcd said; or, when nothing was said, what went wrong below gRPC, without the frames around it. One line.</summary>
    private static string DetailOf(RpcException fault) => OneLine(
        (Chain(fault).OfType<NotConnectedException>().FirstOrDefault() ?? fault.Status.DebugException?.GetBaseException())?.Message
            ?? fault.Status.Detail);

    /// <summary>The exception and what is below it; gRPC keeps that in its status.</summary>
    private static IEnumerable<Exception> Chain(Exception? fault)
    {
        for (var e = fault is RpcException rpc ? rpc.Status.DebugException : fault; e is not null; e = e.InnerException)
        {
            yield return e;
        }
    }

    /// <summary>To be continued: without a full stop.</summary>
    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd('.');

    private static bool Says(RpcException fault, string text) => fault.Status.Detail.Contains(text, StringComparison.Ordinal);

    /// <summary>Continues "what answers there": why it and we do not come together below gRPC; null when that is not what went wrong.</summary>
    private static string? WhyNoConnection(Exception? fault, EtcdSettings settings)
    {
        foreach (var inner in Chain(fault))
        {
            if (inner is NotConnectedException notConnected)
            {
                return !notConnected.IsTlsFault ? null
                    : Chain(inner).OfType<AuthenticationException>().FirstOrDefault() is { } refusal ? WhyNotTrusted(refusal.Message, settings)
                    : $"does not speak TLS: write http://host:port, or switch TLS on in etcd ({inner.GetBaseException().Message})";
            }

            // Depending on who closes first the runtime gives the reason as a code, or in words only. A ping that stays unanswered is a
            // protocol error too, but reaches a stream bare, not inside a failed request.
            if (inner is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError }
                || inner.Message.Contains("HTTP/2 handshake", StringComparison.Ordinal))
            {
                // With TLS 1.3 a server judges our certificate after our side of the handshake: it hangs up on the first words.
                var ours = settings.Tls?.Certificate;
                return !settings.IsTls ? "does not speak etcd's protocol, HTTP/2 without TLS: is this etcd's client port, or does it want https"
                    : ours is null ? "hangs up after the TLS handshake: it asks for a client certificate, and none is given"
                    : $"hangs up after the TLS handshake: it does not accept our client certificate ({PemFiles.Describe(ours)})";
            }
        }

        return null;
    }

    private static string WhyNotTrusted(string message, EtcdSettings settings)
    {
        var ca = settings.Tls?.Authorities is null ? "a CA that this machine trusts: name its CA" : "the CA that is given for it";
        return message.Contains(
            "RemoteCertificateNameMismatch",
            StringComparison.Ordinal) ? "shows a certificate that does not name its host: the endpoint's host must be in its subjectAltName"
            : message.Contains("NotTimeValid", StringComparison.Ordinal) ? "shows a certificate that has expired or is not valid yet"
            : message.Contains("PartialChain", StringComparison.Ordinal)
                || message.Contains("UntrustedRoot", StringComparison.Ordinal) ? $"shows a certificate that was not signed by {ca}"
            : message.Contains("frame", StringComparison.OrdinalIgnoreCase) ? "does not speak TLS: write http://host:port, or switch TLS on in etcd"
            : $"fails the TLS handshake: {message.ReplaceLineEndings(" ")}";
    }
}
