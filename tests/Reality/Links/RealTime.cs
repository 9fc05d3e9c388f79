using System.Diagnostics;

namespace AkkaLb.Reality.Links;

/// <summary>What scripts need where time is that of the machine.</summary>
internal static class RealTime
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>Half of the second for which an address is closed.</summary>
    private static readonly TimeSpan SurelyClosed = TimeSpan.FromMilliseconds(500);

    public static async Task PauseAsync()
    {
        using var pause = new PeriodicTimer(Step);
        await pause.WaitForNextTickAsync();
    }

    /// <exception cref="TooLateException">The address may be open again.</exception>
    public static void AssertClosed(Journal node)
    {
        if (Stopwatch.GetElapsedTime(node.LostAt) > SurelyClosed)
        {
            throw new TooLateException();
        }
    }

    /// <exception cref="TooLateException">A connection was lost already.</exception>
    public static void AssertStanding(Journal node)
    {
        if (node.LostAt != 0)
        {
            throw new TooLateException();
        }
    }
}
