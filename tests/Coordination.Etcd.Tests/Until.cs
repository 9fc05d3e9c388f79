namespace AkkaLb.Coordination.Etcd.Tests;

internal static class Until
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    /// <summary>Waits until it is so; fails after a time no working machine needs.</summary>
    public static Task So(Func<bool> isSo, string what) => So(() => Task.FromResult(isSo()), what);

    /// <inheritdoc cref="So(Func{bool}, string)"/>
    public static async Task So(Func<Task<bool>> isSo, string what)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await isSo())
        {
            Assert.False(bound.IsCancellationRequested, $"not within {Bound.TotalSeconds:0} s: {what}");
            await timer.WaitForNextTickAsync();
        }
    }
}
