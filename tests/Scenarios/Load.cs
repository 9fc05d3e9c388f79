namespace AkkaLb.Scenarios;

internal static class Load
{
    /// <summary>Runs many jobs, so many at once.</summary>
    public static Task RunAsync(int jobs, int atOnce, Func<int, Task> job)
    {
        var next = 0;
        return Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i <= jobs; i = Interlocked.Increment(ref next))
            {
                await job(i);
            }
        }));
    }
}
