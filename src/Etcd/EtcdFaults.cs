using System.Globalization;
using Grpc.Core;

namespace AkkaLb.Etcd;

/// <summary>Turns what the client throws into two exceptions: the only place that knows gRPC's codes.</summary>
internal static class EtcdFaults
{
    /// <summary>The exception to throw instead.</summary>
    /// <param name="fault">A <see cref="RpcException"/>, or an <see cref="OperationCanceledException"/>, with which the client reports deadlines too.</param>
    /// <param name="endpoints">Whom we asked, for the message.</param>
    /// <param name="timeout">The deadline that was set; null on a stream without one.</param>
    /// <param name="cancellationToken">The caller's own: tells a cancellation from a deadline.</param>
    public static Exception Translate(Exception fault, string endpoints, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException("The call to etcd was cancelled.", fault, cancellationToken);
        }

        return fault switch
        {
            RpcException { StatusCode: StatusCode.DeadlineExceeded } => NoAnswer(endpoints, timeout, fault),
            RpcException rpc => Translate(rpc, endpoints),
            _ => NoAnswer(endpoints, timeout, fault),
        };
    }

    /// <summary>Whether the request cannot have arrived: there was no connection to send it on.</summary>
    public static bool IsUnsent(Exception fault) =>
        fault is RpcException { StatusCode: StatusCode.Unavailable } rpc && rpc.Status.Detail.StartsWith("Error connecting to subchannel", StringComparison.Ordinal);

    /// <summary>The exception for a watch that etcd cancelled with a reason in words.</summary>
    public static Exception WatchCanceled(string reason, string endpoints) =>
        reason.Contains("permission denied", StringComparison.Ordinal) || reason.Contains("auth", StringComparison.Ordinal)
            ? new EtcdRefusedException($"etcd at {endpoints} refuses the watch: {reason}")
            : new EtcdUnavailableException($"etcd at {endpoints} cancelled the watch: {(reason.Length > 0 ? reason : "no reason given")}");

    private static Exception Translate(RpcException fault, string endpoints)
    {
        var detail = DetailOf(fault);
        return fault.StatusCode switch
        {
            StatusCode.PermissionDenied =>
                new EtcdRefusedException($"etcd at {endpoints} denies access to the keys of this prefix: {detail}", fault),
            StatusCode.Unauthenticated =>
                new EtcdRefusedException($"etcd at {endpoints} asks for credentials: {detail}", fault),
            StatusCode.InvalidArgument when detail.Contains("user name is empty", StringComparison.Ordinal) =>
                new EtcdRefusedException($"etcd at {endpoints} has authentication switched on, which is not supported yet", fault),
            StatusCode.Unimplemented =>
                new EtcdRefusedException($"what answers at {endpoints} is not etcd, or older than 3.3: {detail}", fault),
            StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition =>
                new EtcdRefusedException($"etcd at {endpoints} refuses the request: {detail}", fault),
            _ when IsForeignProtocol(fault) =>
                new EtcdUnavailableException($"what answers at {endpoints} does not speak etcd's protocol, HTTP/2 without TLS: is it etcd's client port?", fault),
            _ =>
                new EtcdUnavailableException($"etcd at {endpoints} cannot be used right now: {detail}", fault)
                {
                    IsLeaseGone = fault.StatusCode == StatusCode.NotFound,
                },
        };
    }

    private static EtcdUnavailableException NoAnswer(string endpoints, TimeSpan? timeout, Exception fault) => timeout is { } limit
        ? new(string.Create(CultureInfo.InvariantCulture, $"etcd at {endpoints} did not answer within {limit.TotalSeconds:0.###} s"), fault)
        : new($"etcd at {endpoints} broke off the stream", fault);

    /// <summary>What etcd said; or, when nothing was said, what went wrong below gRPC, without the frames around it. One line.</summary>
    private static string DetailOf(RpcException fault)
    {
        var detail = fault.Status.DebugException?.GetBaseException().Message ?? fault.Status.Detail;
        return detail.ReplaceLineEndings(" ");
    }

    /// <summary>A web server, a TLS port or any other service: it accepts the connection and then fails HTTP/2's first exchange.</summary>
    private static bool IsForeignProtocol(RpcException fault)
    {
        for (var inner = fault.Status.DebugException; inner is not null; inner = inner.InnerException)
        {
            // Depending on who closes first the runtime gives the reason as a code, or in words only. A ping that stays unanswered is a
            // protocol error too, but reaches a stream bare, not inside a failed request.
            if (inner is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError }
                || inner.Message.Contains("HTTP/2 handshake", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
