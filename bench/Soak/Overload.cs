namespace AkkaLb.Bench.Soak;

/// <summary>More callers than places: nobody fails, nobody waits much longer than his share, and the workers do as much as with as many callers
/// as places.</summary>
internal static class Overload
{
    private const int Capacity = 16;
    private const int WorkMs = 50;
    private const int Seconds = 60;

    public static async Task RunAsync(Scene scene)
    {
        var (_, at) = await scene.BalancerAsync();
        foreach (var id in new[] { "w1", "w2" })
        {
            await scene.Worker(id, at, "--capacity", $"{Capacity / 2}").ReadyAsync();
        }

        var full = (await RunAsync(1, 1, 20)).Rate;
        Scene.Say($"        callers = capacity = {Capacity}, jobs of {WorkMs} ms: {full:0} jobs/s");
        foreach (var (times, clients) in new[] { (1.25, 1), (2.0, 1), (2.0, 2), (10.0, 1) })
        {
            var (rate, failed, longestMs) = await RunAsync(times, clients, Seconds);
            // The ideal for the rate that this machine gives: everybody in turn.
            var idealMs = Capacity * times * 1000 / full;
            scene.Require(
                failed == 0 && longestMs <= 3 * idealMs && rate >= 0.9 * full,
                $"callers {times} times the capacity, {clients} client(s), {Seconds} s: {failed} failed, longest {longestMs} ms = "
                    + $"{longestMs / idealMs:0.0} times the ideal, {rate:0} jobs/s = {rate / full:0.00} of full");
        }

        await TripleAsync(scene, at, full);

        async Task<(double Rate, long Failed, long LongestMs)> RunAsync(double times, int clients, int seconds)
        {
            var loads = new List<Load>();
            for (var i = 0; i < clients; i++)
            {
                loads.Add(await scene.DriveAsync(
                    null, at, "--callers", $"{(int)(Capacity * times) / clients}", "--work", $"{WorkMs}", "--for", $"{seconds}", "--deadline", "30"));
            }

            var ends = await Task.WhenAll(loads.Select(l => l.EndAsync(byItself: true)));
            return (ends.Sum(e => e.Done / e.Seconds), ends.Sum(e => e.Failed), ends.Max(e => e.LongestMs));
        }
    }

    /// <summary>A client that keeps the workers busy gets twice as much beside it for a minute.</summary>
    private static async Task TripleAsync(Scene scene, string at, double full)
    {
        var steady = await scene.DriveAsync(null, at, "--callers", $"{Capacity}", "--work", $"{WorkMs}", "--deadline", "30");
        await Task.Delay(TimeSpan.FromSeconds(5));
        var before = scene.Nodes.Sum(node => node.ResidentBytes);
        var more = await scene.DriveAsync(
            null, at, "--callers", $"{2 * Capacity}", "--work", $"{WorkMs}", "--for", $"{Seconds}", "--deadline", "30");
        var (begun, most) = (Scene.NowMs, 0L);
        while (!more.Process.Ended.IsCompleted)
        {
            await Task.WhenAny(more.Process.Ended, Task.Delay(TimeSpan.FromSeconds(1)));
            most = Math.Max(most, scene.Nodes.Sum(node => node.ResidentBytes));
        }

        var ended = Scene.NowMs;
        await Task.Delay(TimeSpan.FromSeconds(6));
        var (goodput, again) = (steady.Rate(begun, ended) + more.Rate(begun, ended), Enumerable.Range(0, 40).Select(i => i * 100).Cast<int?>()
            .FirstOrDefault(ms => steady.Rate(ended + ms!.Value, ended + ms.Value + 1000) >= 0.95 * full));
        var (extra, all) = (await more.EndAsync(byItself: true), await steady.EndAsync());
        scene.Require(
            goodput >= 0.95 * full && extra.Failed + all.Failed == 0,
            $"callers 3 times the capacity for {Seconds} s: {goodput:0} jobs/s = {goodput / full:0.00} of full, {extra.Failed + all.Failed} failed");
        scene.Require(again <= 2000, $"then the other client had all of it again after {again?.ToString() ?? "more than 4000"} ms");
        scene.Require(
            most - before < 128L << 20, $"memory of balancer and workers together: {before >> 20} MiB before, {most >> 20} MiB at most meanwhile");
    }
}
