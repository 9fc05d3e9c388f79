namespace AkkaLb.Bench.Lab.Engine;

/// <summary>What one policy did in one run. Response times are in mean service times at speed 1, from the moment in which the caller submits a job to
/// that in which it has the answer.</summary>
/// <param name="P50">Half of the jobs took at most this long.</param>
/// <param name="P99">99 % of the jobs did.</param>
/// <param name="P999">99.9 % did.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Imbalance">Peak-to-average ratio: the largest load of any worker divided by the mean over those that are up, averaged over time. A
/// worker's load is its jobs, running and waiting, divided by speed x slots. At least 1.</param>
/// <param name="Hot">Share of the jobs that came to a worker without a free slot while another worker had one: the jobs that waited, or were slowed
/// down, for no reason but the choice.</param>
/// <param name="Rejected">AssignRejected and JobRejected for each job that was done.</param>
/// <param name="JobRejected">JobRejected alone.</param>
/// <param name="Done">Work of the jobs that ended, as a share of what all workers could do in that time: the utilisation that resulted.</param>
internal sealed record Result(
    double P50, double P99, double P999, double Mean, double Imbalance, double Hot, double Rejected, double JobRejected, double Done);
