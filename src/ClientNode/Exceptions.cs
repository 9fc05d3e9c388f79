using System.Globalization;
using AkkaLb.Core;
using AkkaLb.Core.Clients;

namespace AkkaLb.ClientNode;

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
            CultureInfo.InvariantCulture, $"job {job}{worker}: {failed.Error}: {failed.Cause} (sent {failed.Sends} times, {failed.Total.TotalSeconds:0.000} s)");
    }
}

/// <summary>No balancer answered in time.</summary>
public sealed class NoBalancerException(string message, Exception? inner = null) : Exception(message, inner);
