using AkkaLb.Tests.Support;

namespace AkkaLb.Bench.Soak;

/// <summary>A worker is killed and started again at the same port, over and over: what a fresh client sends to the old one was not started, and
/// is not lost.</summary>
internal static class Restarts
{
    private const int Rounds = 20;
    private const int Jobs = 40;

    public static async Task RunAsync(Scene scene)
    {
        var (_, at) = await scene.BalancerAsync();
        var port = FreePorts.Take();
        // A long lease: the dead one is named for as long as the round takes.
        var worker = await StartAsync(0);
        long done = 0, lost = 0, failed = 0, longest = 0;
        for (var round = 1; round <= Rounds; round++)
        {
            worker.Dispose();
            worker = await StartAsync(round);
            var load = await scene.DriveAsync(null, at, "--callers", "4", "--jobs", $"{Jobs}", "--work", "5", "--deadline", "20");
            var summary = await load.EndAsync(byItself: true);
            done += summary.Done;
            failed += summary.Failed;
            lost += load.Failures.Count(f => f.Error.StartsWith("WorkerLost", StringComparison.Ordinal));
            longest = Math.Max(longest, summary.LongestMs);
            foreach (var failure in load.Failures.Take(3))
            {
                Scene.Say($"        round {round}: {failure}");
            }
        }

        scene.Require(lost == 0 && failed == 0, $"{Rounds} restarts at the same port, a fresh client each: {done} jobs done, {lost} WorkerLost, "
            + $"{failed} failed, the longest took {longest} ms");

        async Task<Child> StartAsync(int round)
        {
            var next = scene.Worker($"w{round}", at, "--port", $"{port}", "--lease-ttl", "10");
            await next.ReadyAsync();
            return next;
        }
    }
}
