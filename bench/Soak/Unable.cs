namespace AkkaLb.Bench.Soak;

/// <summary>One of two workers cannot work: within 3 s no more jobs are lost to it, the other does all, and the process ends so that a supervisor
/// restarts it.</summary>
internal static class Unable
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(Scene scene)
    {
        foreach (var trouble in new[] { "block", "break", "end" })
        {
            await BecomesAsync(scene, trouble);
        }

        await NeverAsync(scene);
        await DeafAsync(scene);
    }

    private static async Task BecomesAsync(Scene scene, string trouble)
    {
        var (balancer, at) = await scene.BalancerAsync();
        var file = Path.Combine(scene.Folder, $"trouble-{trouble}");
        var settings = scene.WriteFile($"{trouble}.hocon", "akkalb.worker { unable-timeout = 15s, drain-timeout = 2s, instances = 4 }");
        var bad = await OddAsync(scene, at, "bad", file, "--capacity", "8", "--config", settings);
        var good = await OddAsync(scene, at, "good", null, "--capacity", "8");
        var load = await scene.DriveAsync(null, at, "--callers", "4", "--kinds", "echo", "--deadline", "1");
        await Task.Delay(TimeSpan.FromSeconds(2));
        await File.WriteAllTextAsync(file, trouble);
        var since = Scene.NowMs;
        await Task.Delay(TimeSpan.FromSeconds(10));
        var reason = bad.Ended.IsCompleted
            ? "its process has ended"
            : string.Join(' ', (await StateAsync(scene, at)).Where(l => l.Contains("bad", StringComparison.Ordinal)));
        var summary = await load.EndAsync();
        var lost = load.Failures.Where(f => f.SubmittedMs >= since).ToList();
        var late = lost.Count(f => f.SubmittedMs > since + Settled.TotalMilliseconds);
        scene.Require(late == 0 && load.Workers.ContainsKey("good"),
            $"{trouble}: {lost.Count} jobs lost at first, {late} that were submitted over {Settled.TotalSeconds} s later; {summary.Done} done");
        Scene.Say($"        state says: {reason}");
        foreach (var failure in lost.Take(3))
        {
            Scene.Say($"        {failure}");
        }

        var ended = await Task.WhenAny(bad.Ended, Task.Delay(TimeSpan.FromSeconds(40))) == bad.Ended;
        scene.Require(ended && await bad.Ended == 3, $"{trouble}: the process ended with {(ended ? await bad.Ended : -1)}: {bad.LastWords}");
        good.Dispose();
        balancer.Dispose();
    }

    private static async Task NeverAsync(Scene scene)
    {
        var (balancer, at) = await scene.BalancerAsync();
        var bad = Odd(scene, at, "bad", scene.WriteFile("never", "break"), "--capacity", "8", "--wait", "4");
        var good = await OddAsync(scene, at, "good", null, "--capacity", "8");
        var load = await scene.DriveAsync(null, at, "--callers", "4", "--kinds", "echo", "--deadline", "1", "--for", "5");
        var summary = await load.EndAsync(byItself: true);
        scene.Require(summary.Failed == 0,
            $"an actor that cannot be created: {summary.Done} done by {string.Join(", ", load.Workers.Keys)}, {summary.Failed} failed");
        scene.Require(await bad.Ended.WaitAsync(TimeSpan.FromSeconds(20)) == 3, $"its process ended with {await bad.Ended}: {bad.LastWords}");
        good.Dispose();
        balancer.Dispose();
    }

    private static async Task DeafAsync(Scene scene)
    {
        var (balancer, at) = await scene.BalancerAsync();
        var deaf = await OddAsync(scene, at, "deaf", null, "--deaf", "--capacity", "8");
        var alone = await scene.DriveAsync(null, at, "--callers", "2", "--kinds", "echo", "--deadline", "10", "--jobs", "10");
        var summary = await alone.EndAsync(byItself: true);
        scene.Require(summary is { Failed: 10, LongestMs: < 2000 },
            $"a job that nobody handles ends at once: {summary.Failed} of 10, the longest took {summary.LongestMs} ms");
        Scene.Say($"        {alone.Failures[0]}");
        var good = await OddAsync(scene, at, "good", null, "--capacity", "8");
        var load = await scene.DriveAsync(null, at, "--callers", "4", "--kinds", "echo", "--deadline", "5", "--for", "5");
        summary = await load.EndAsync(byItself: true);
        scene.Require(summary.Failed == 0,
            $"beside one that handles it: {summary.Done} done by {string.Join(", ", load.Workers.Keys)}, {summary.Failed} failed");
        deaf.Dispose();
        good.Dispose();
        balancer.Dispose();
    }

    private static async Task<Child> OddAsync(Scene scene, string at, string id, string? trouble, params string[] more)
    {
        var worker = Odd(scene, at, id, trouble, more);
        await worker.ReadyAsync();
        return worker;
    }

    /// <summary>The variable is inherited at the start; one scene starts its processes one after the other.</summary>
    private static Child Odd(Scene scene, string at, string id, string? trouble, params string[] more)
    {
        Environment.SetEnvironmentVariable(OddWorker.TroubleVariable, trouble);
        string[] deaf = more is ["--deaf", ..] ? ["--deaf"] : [];
        return scene.Start($"worker {id}", null, typeof(Unable).Assembly.GetName().Name + ".dll",
            [OddWorker.Verb, .. deaf, "--id", id, "--balancer", at, .. more.Except(["--deaf"])]);
    }

    private static async Task<IReadOnlyList<string>> StateAsync(Scene scene, string at)
    {
        var client = scene.Start("state", null, "AkkaLb.ClientNode.dll", "state", "--balancer", at);
        await client.Ended;
        return client.Output;
    }
}
