namespace AkkaLb.Core.Clients;

/// <summary>How many retries of unknown outcome a client may make.</summary>
/// <param name="RetryRatio">Retries per job, over the window; default 0.2, range 0 to 10. Higher: more jobs survive a large loss, and more load
/// follows it.</param>
/// <param name="RetriesPerSecondMin">Allowed besides, however few jobs there are; default 10.</param>
public sealed record RetryBudgetSettings(double RetryRatio, double RetriesPerSecondMin)
{
    public static RetryBudgetSettings Default { get; } = new(0.2, 10);
}

/// <summary>Keeps retries a bounded share of the work, so that a failure is not followed by a storm.</summary>
/// <remarks>
/// After Finagle's RetryBudget: each job deposits a fraction of a retry that expires with the window of 10 s, on top of a fixed reserve of
/// <see cref="RetryBudgetSettings.RetriesPerSecondMin"/> for each second of it. The window is ten counters of one second.
/// </remarks>
public sealed class RetryBudget(RetryBudgetSettings settings)
{
    private const int WindowSeconds = 10;

    private readonly double[] _deposited = new double[WindowSeconds];
    private readonly double[] _withdrawn = new double[WindowSeconds];
    private long _second = -1;

    /// <summary>A job was submitted.</summary>
    public void Deposit(TimeSpan now)
    {
        Roll(now);
        _deposited[_second % WindowSeconds] += settings.RetryRatio;
    }

    /// <summary>Takes one retry; false when there is none left in the window.</summary>
    public bool TryWithdraw(TimeSpan now)
    {
        Roll(now);
        if ((settings.RetriesPerSecondMin * WindowSeconds) + _deposited.Sum() - _withdrawn.Sum() < 1)
        {
            return false;
        }

        _withdrawn[_second % WindowSeconds]++;
        return true;
    }

    private void Roll(TimeSpan now)
    {
        var second = Math.Max(0, (long)now.TotalSeconds);
        if (second <= _second)
        {
            return;
        }

        for (var s = Math.Max(_second + 1, second - WindowSeconds + 1); s <= second; s++)
        {
            _deposited[s % WindowSeconds] = 0;
            _withdrawn[s % WindowSeconds] = 0;
        }

        _second = second;
    }
}
