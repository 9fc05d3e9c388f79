using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Bench.Soak;

/// <summary>etcd's authentication is switched on, off and on again under running nodes: no lease is lost, and jobs are done throughout.</summary>
internal static class Authentication
{
    public static async Task RunAsync(Scene scene)
    {
        await using var etcd = await EtcdProcess.StartAsync();
        Scene.Say($"        {(await etcd.Etcdctl("version")).Split('\n')[0]}, server {(await etcd.Etcdctl("endpoint", "status")).Split(", ")[2]}");
        var password = scene.WriteFile("password", "secret\n");
        scene.ForAll = ["--etcd", etcd.Endpoint, "--etcd-user", "akkalb", "--etcd-password-file", password];
        // The user is given before there is any.
        var (_, first) = await scene.BalancerAsync();
        var (_, second) = await scene.BalancerAsync();
        var balancers = $"{first},{second}";
        for (var i = 1; i <= 3; i++)
        {
            await scene.Worker($"w{i}", balancers).ReadyAsync();
        }

        var load = await scene.DriveAsync(null, balancers, "--callers", "4", "--deadline", "10");
        var before = await KeysAsync();
        await etcd.EnableAuthenticationAsync("akkalb", "secret", "/akkalb");
        await LookAsync("on");
        await etcd.Etcdctl("auth", "disable");
        await LookAsync("off");
        await etcd.Etcdctl("auth", "enable");
        await LookAsync("on again");
        var summary = await load.EndAsync();
        scene.Require(summary is { Failed: 0, Done: > 0 }, $"{summary.Done} jobs done meanwhile, {summary.Failed} failed");

        async Task LookAsync(string what)
        {
            // Three TTLs: a lease that is not renewed is gone by then.
            await Task.Delay(TimeSpan.FromSeconds(15));
            var keys = await KeysAsync();
            scene.Require(keys.SequenceEqual(before),
                $"authentication {what}, 15 s later: {keys.Count} keys with the create revisions of before ({before.Count})");
        }

        // A key that was written again after its lease was lost has another create revision.
        async Task<List<string>> KeysAsync() =>
            [.. (await etcd.Etcdctl("get", "--prefix", "/akkalb/", "-w", "fields")).Split('\n').Where(
                l => l.StartsWith("\"Key\"", StringComparison.Ordinal) || l.StartsWith("\"CreateRevision\"", StringComparison.Ordinal))];
    }
}
