namespace AkkaLb.Bench.Soak;

/// <summary>Actors that misbehave: every job ends, none by its deadline unless the actor is silent, no gate is lost, and other clients notice
/// nothing.</summary>
internal static class Habits
{
    private const int Jobs = 10_000;

    private static readonly string[] Bad =
    [
        "answer-stop", "answer-poison", "answer-timeout", "answer-throw", "answer-twice", "answer-late", "stop", "poison", "kill", "throw",
        "throw-evil",
        "throw-huge", "throw-in-ends", "failure-evil", "null", "unlisted", "huge", "unhandled", "silent",
    ];

    public static async Task RunAsync(Scene scene)
    {
        var (_, at) = await scene.BalancerAsync();
        var workers = new[] { scene.OddWorker("w1", at, "--capacity", "32"), scene.OddWorker("w2", at, "--capacity", "32") };
        foreach (var worker in workers)
        {
            await worker.ReadyAsync();
        }

        var others = new[] { await OtherAsync(), await OtherAsync() };
        var odd = await scene.DriveAsync(null, at, "--callers", "16", "--jobs", $"{Jobs}", "--kinds", string.Join(',', Bad), "--deadline", "3");
        var summary = await odd.EndAsync(byItself: true);
        foreach (var kind in odd.Counts.GroupBy(c => c.Kind))
        {
            Scene.Say($"        {kind.Key,-15} {string.Join(", ", kind.Select(c => $"{c.Error} {c.Count}"))}");
        }

        scene.Require(summary.Done + summary.Failed == Jobs,
            $"{Jobs} jobs to {Bad.Length} bad habits in {summary.Seconds:0.0} s: {summary.Done} done, {summary.Failed} failed");
        var late = odd.Counts.Where(c => c.Kind != "silent" && c.Error.StartsWith("DeadlineExceeded", StringComparison.Ordinal)).Sum(c => c.Count);
        scene.Require(late == 0, $"{late} ended by their deadline though their actor was not silent");
        foreach (var other in others)
        {
            var seen = await other.EndAsync();
            scene.Require(seen is { Failed: 0, Done: > 0 },
                $"another client beside them: {seen.Done} done, {seen.Failed} failed, the longest took {seen.LongestMs} ms");
            foreach (var failure in other.Failures.Take(5))
            {
                Scene.Say($"        {failure}");
            }
        }

        scene.Require(workers.All(w => !w.Ended.IsCompleted), $"both worker processes still run");

        Task<Load> OtherAsync() => scene.DriveAsync(null, at, "--callers", "4", "--kinds", "echo", "--deadline", "30");
    }
}
