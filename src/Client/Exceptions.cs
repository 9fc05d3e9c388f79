using System.Globalization;
using System.Net.Sockets;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Remoting;

namespace AkkaLb.Client;

/// <summary>A job ended without a result.</summary>
public sealed class JobFailedException(JobId job, JobOutcome.Failed failed) : Exception(Describe(job, failed))
{
    public JobId Job => job;

    /// <summary>What went wrong, for programs.</summary>
    public JobError Error => failed.Error;

    /// <summary>The worker concerned; null when the job never got as far.</summary>
    public WorkerKey? Worker => failed.Worker;

    /// <summary>Everything known about the end.</summary>
    public JobOutcome.Failed Outcome => failed;

    /// <summary>One line for people.</summary>
    public static string Describe(JobId job, JobOutcome.Failed failed)
    {
        var worker = failed.Worker is { } w ? $" on worker {w.Id}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"job {job}{worker}: {failed.Error}: {failed.Cause} (sent {failed.Sends} times, {failed.Total.TotalSeconds:0.000} s)");
    }
}

/// <summary>A client could not listen for answers where it was told to.</summary>
public sealed class CannotListenException(string message, Exception inner) : Exception(message, inner)
{
    internal static CannotListenException? Of(string host, int port, Exception problem) => ListenFailure.In(problem)?.SocketErrorCode switch
    {
        null => null,
        SocketError.AddressAlreadyInUse => new CannotListenException(
            string.Create(CultureInfo.InvariantCulture, $"port {port} at {host} is in use: give another port, or 0 for any free one"), problem),
        SocketError.AddressNotAvailable or SocketError.HostNotFound or SocketError.NoData => new CannotListenException(
            $"{host} is not an address of this machine: give one at which the workers reach it", problem),
        var other => new CannotListenException(
            string.Create(CultureInfo.InvariantCulture, $"the client cannot listen at {host}:{port}: {other}"), problem),
    };
}

/// <summary>No balancer answered in time.</summary>
public sealed class NoBalancerException(string message, Exception? inner = null) : Exception(message, inner);
