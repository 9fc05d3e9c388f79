namespace AkkaLb.ClientNode.Commands;

/// <summary>Begins each job at its time, whether others have ended or not.</summary>
internal static class OpenLoop
{
    /// <summary>So many are looked through at least when those that have ended are let go.</summary>
    private const int SweepMin = 1_000;

    /// <param name="arrivals">When each begins, in seconds, not falling.</param>
    /// <param name="concurrency">Jobs at once at most. A job that comes when there are so many begins late.</param>
    /// <param name="begin">Begins the next one.</param>
    /// <param name="interrupted">No further job is begun once it is signalled; those begun continue.</param>
    /// <returns>How many began late because of <paramref name="concurrency"/>.</returns>
    public static async Task<int> RunAsync(
        double[] arrivals, int concurrency, Func<int, Task> begin, TimeProvider time, CancellationToken interrupted)
    {
        using var room = new SemaphoreSlim(concurrency);
        var (started, late, underWay, sweepAt) = (time.GetTimestamp(), 0, new List<Task>(), SweepMin);
        try
        {
            for (var i = 0; i < arrivals.Length; i++)
            {
                var wait = TimeSpan.FromSeconds(arrivals[i]) - time.GetElapsedTime(started);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, time, interrupted).ConfigureAwait(false);
                }

                if (!room.Wait(0, CancellationToken.None))
                {
                    late++;
                    await room.WaitAsync(interrupted).ConfigureAwait(false);
                }

                interrupted.ThrowIfCancellationRequested();
                underWay.Add(OneAsync(i));
                if (underWay.Count >= sweepAt)
                {
                    underWay.RemoveAll(task => task.IsCompletedSuccessfully);
                    sweepAt = Math.Max(SweepMin, 2 * underWay.Count);
                }
            }
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            // Those begun continue.
        }

        await Task.WhenAll(underWay).ConfigureAwait(false);
        return late;

        async Task OneAsync(int number)
        {
            try
            {
                await begin(number).ConfigureAwait(false);
            }
            finally
            {
                room.Release();
            }
        }
    }
}
