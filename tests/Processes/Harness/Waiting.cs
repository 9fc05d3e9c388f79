namespace AkkaLb.Processes.Harness;

/// <summary>Waits for what comes from outside, and says what for when it gives up.</summary>
public static class Waiting
{
    /// <param name="what">In words, or the condition's own text.</param>
    /// <param name="seen">What there is instead, asked for in the end.</param>
    public static Task UntilAsync(Func<bool> isSo, TimeSpan bound, TimeSpan every, string what, Func<string>? seen = null) =>
        UntilAsync(() => Task.FromResult(isSo()), bound, every, what, seen);

    public static async Task UntilAsync(Func<Task<bool>> isSo, TimeSpan bound, TimeSpan every, string what, Func<string>? seen = null)
    {
        using var end = new CancellationTokenSource(bound);
        using var timer = new PeriodicTimer(every);
        while (!await isSo())
        {
            if (end.IsCancellationRequested)
            {
                Assert.Fail($"waited {bound.TotalSeconds} s in vain for: {what}{(seen is null ? "" : $"; seen: {seen()}")}");
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Waits for a task, which continues when that is given up.</summary>
    public static async Task<T> ForAsync<T>(Task<T> task, TimeSpan bound, string what, Func<string>? seen = null)
    {
        try
        {
            return await task.WaitAsync(bound);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Assert.Fail($"waited {bound.TotalSeconds} s in vain for: {what}{(seen is null ? "" : $"; seen: {seen()}")}");
            throw;
        }
    }
}
