namespace AkkaLb.Coordination.Etcd;

/// <summary>The times that decide about ownership.</summary>
/// <param name="Ttl">How long etcd keeps the key after the last renewal. Whole seconds, at least 1 s; etcd itself grants no less than 1.5 of its
/// election timeouts, 2 s by default. Shorter hands over sooner after a crash, longer rides out longer outages of etcd.</param>
/// <param name="RenewInterval">From the sending of one renewal to the next. Above zero, below half the TTL.</param>
/// <param name="SafetyMargin">How long before the TTL has run out the holder gives up by itself. At least zero; renewal interval and margin
/// together must be below the TTL. It pays for the difference in speed between the holder's clock and etcd's: a tenth of the TTL stands 10 %.</param>
/// <param name="OperationTimeout">After this long <c>Acquire</c> and <c>Release</c> give up. Above zero.</param>
internal sealed record LeaseTimings(TimeSpan Ttl, TimeSpan RenewInterval, TimeSpan SafetyMargin, TimeSpan OperationTimeout)
{
    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(1);

    /// <summary>Delay before a failed request is tried again: a tenth of the renewal interval, at most 1 s.</summary>
    public TimeSpan RetryDelay => RenewInterval / 10 < RetryDelayMax ? RenewInterval / 10 : RetryDelayMax;

    /// <summary>Everything that is wrong, one sentence each, in the words of the HOCON keys; empty when nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        Check(Ttl >= TimeSpan.FromSeconds(1) && Ttl.Ticks % TimeSpan.TicksPerSecond == 0,
            $"heartbeat-timeout {Ttl} must be whole seconds, at least 1s");
        Check(RenewInterval > TimeSpan.Zero && RenewInterval < Ttl / 2,
            $"heartbeat-interval {RenewInterval} must be above zero and below half of heartbeat-timeout, {Ttl}");
        Check(SafetyMargin >= TimeSpan.Zero, $"safety-margin {SafetyMargin} must not be below zero");
        Check(
            RenewInterval + SafetyMargin < Ttl,
            $"heartbeat-interval {RenewInterval} and safety-margin {SafetyMargin} together must be below heartbeat-timeout, {Ttl}");
        Check(OperationTimeout > TimeSpan.Zero, $"lease-operation-timeout {OperationTimeout} must be above zero");
        return problems;

        void Check(bool isGood, string problem)
        {
            if (!isGood)
            {
                problems.Add(problem);
            }
        }
    }
}
