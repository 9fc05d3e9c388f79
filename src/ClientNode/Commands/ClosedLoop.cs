namespace AkkaLb.ClientNode.Commands;

/// <summary>Keeps a fixed number of jobs going: whoever ends makes room for the next.</summary>
internal static class ClosedLoop
{
    /// <param name="concurrency">Jobs at once.</param>
    /// <param name="next">Runs the next job; null when there is none left. Called by one thread at a time.</param>
    /// <param name="interrupted">No further job is begun once it is signalled; those begun continue.</param>
    public static async Task RunAsync(int concurrency, Func<Task?> next, CancellationToken interrupted)
    {
        var gate = new Lock();
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => LoopAsync())).ConfigureAwait(false);

        async Task LoopAsync()
        {
            while (Take() is { } job)
            {
                await job.ConfigureAwait(false);
            }
        }

        Task? Take()
        {
            lock (gate)
            {
                return interrupted.IsCancellationRequested ? null : next();
            }
        }
    }
}
