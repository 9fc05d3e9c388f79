using AkkaLb.Client;
using AkkaLb.Programs;

namespace AkkaLb.ClientNode.Commands;

/// <summary>What a run of jobs waits for: a balancer, or a worker that takes its jobs.</summary>
internal sealed class WaitWatch(BalancedClient client, TimeProvider time)
{
    private static readonly TimeSpan ForLong = TimeSpan.FromDays(1);

    private Task _answer = Task.CompletedTask;
    private long _askedAt;
    private long? _idleSince;

    /// <summary>Since when no balancer answers; null while one does. To be asked several times a second.</summary>
    public TimeSpan? WithoutBalancer()
    {
        if (_answer.IsCompleted)
        {
            // Answered at once where there is a balancer, else when one is found.
            _askedAt = time.GetTimestamp();
            _answer = client.WaitForBalancerAsync(ForLong);
            _answer.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return null;
        }

        return time.GetElapsedTime(_askedAt) is var waited && waited >= WaitingLine.After ? waited : null;
    }

    /// <summary>What to tell now; null when nothing is amiss.</summary>
    /// <param name="open">Jobs that have begun and not ended.</param>
    /// <param name="inFlight">How many of them are at workers.</param>
    public string? Describe(long open, int inFlight)
    {
        if (WithoutBalancer() is { } waited)
        {
            _idleSince = null;
            return $"waiting for a balancer for {HumanUnits.Time(waited)}";
        }

        if (open == 0 || inFlight > 0)
        {
            _idleSince = null;
            return null;
        }

        _idleSince ??= time.GetTimestamp();
        return time.GetElapsedTime(_idleSince.Value) is var idle && idle >= WaitingLine.After
            ? $"waiting for a worker for {HumanUnits.Time(idle)}"
            : null;
    }
}
