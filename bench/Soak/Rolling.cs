using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Bench.Soak;

/// <summary>Everything is restarted in turn under load, of one version or from one to another and back: no job fails, also none that may run
/// once.</summary>
internal static class Rolling
{
    private static readonly string[] Workers = ["w1", "w2", "w3"];

    /// <summary>Workers are drained by the client's verbs, restarted and put back; then balancers, then each member of etcd.</summary>
    public static async Task RestartAsync(Scene scene)
    {
        await using var etcd = await EtcdCluster.StartAsync();
        var stage = await Stage.StartAsync(scene, etcd.Endpoints, folder: null);
        var load = await stage.DriveAsync();
        await stage.ReplaceWorkersAsync(folder: null, isDrained: true);
        await stage.ReplaceBalancersAsync(folder: null);
        foreach (var member in etcd.Members)
        {
            await member.StopGracefullyAsync();
            await member.RestartAsync();
            await Task.Delay(TimeSpan.FromSeconds(3));
        }

        Judge(scene, await load.EndAsync(), load, "workers, balancers and etcd restarted in turn");
    }

    /// <summary>Balancers first, then workers; and back the other way round.</summary>
    /// <param name="args">The folder with the programs of the earlier version, as <c>scripts/publish</c> makes it.</param>
    public static async Task UpgradeAsync(Scene scene, string[] args)
    {
        if (args is not [var earlier] || !File.Exists(Path.Combine(earlier, "AkkaLb.Balancer.dll")))
        {
            throw new InvalidOperationException("name the folder with the programs of the earlier version, as scripts/publish makes it");
        }

        await using var etcd = await EtcdProcess.StartAsync();
        var stage = await Stage.StartAsync(scene, etcd.Endpoint, earlier);
        var up = await stage.DriveAsync();
        await stage.ReplaceBalancersAsync(folder: null);
        await stage.ReplaceWorkersAsync(folder: null, isDrained: false);
        Judge(scene, await up.EndAsync(), up, "upgrade");
        var back = await stage.DriveAsync();
        await stage.ReplaceWorkersAsync(earlier, isDrained: false);
        await stage.ReplaceBalancersAsync(earlier);
        Judge(scene, await back.EndAsync(), back, "rollback");
    }

    private static void Judge(Scene scene, Load.Summary end, Load load, string what)
    {
        scene.Require(
            end is { Failed: 0, Done: > 0 },
            $"{what}: {end.Done} jobs that may run once done, {end.Failed} failed, the longest took {end.LongestMs} ms");
        foreach (var failure in load.Failures.Take(5))
        {
            Scene.Say($"        {failure}");
        }
    }

    private sealed class Stage(Scene scene, string etcd)
    {
        private readonly int[] _ports = [FreePorts.Take(), FreePorts.Take()];
        private readonly Child[] _balancers = new Child[2];
        private readonly Child[] _workers = new Child[Workers.Length];

        /// <param name="folder">Of the programs; null: those of this build.</param>
        public static async Task<Stage> StartAsync(Scene scene, string etcd, string? folder)
        {
            var stage = new Stage(scene, etcd);
            for (var i = 0; i < stage._balancers.Length; i++)
            {
                await stage.StartBalancerAsync(i, folder);
            }

            for (var i = 0; i < Workers.Length; i++)
            {
                await stage.StartWorkerAsync(i, folder);
            }

            return stage;
        }

        public Task<Load> DriveAsync() => scene.DriveAsync(
            null, string.Join(',', _ports.Select(port => $"127.0.0.1:{port}")), "--callers", "8", "--work", "20", "--deadline", "60");

        public async Task ReplaceWorkersAsync(string? folder, bool isDrained)
        {
            for (var i = 0; i < Workers.Length; i++)
            {
                if (isDrained)
                {
                    await VerbAsync("drain", Workers[i], "--wait", "60");
                }

                await StopAsync(_workers[i]);
                await StartWorkerAsync(i, folder);
                if (isDrained)
                {
                    await VerbAsync("ready", Workers[i]);
                }

                await Task.Delay(TimeSpan.FromSeconds(2));
            }
        }

        public async Task ReplaceBalancersAsync(string? folder)
        {
            for (var i = 0; i < _balancers.Length; i++)
            {
                await StopAsync(_balancers[i]);
                await StartBalancerAsync(i, folder);
                await Task.Delay(TimeSpan.FromSeconds(3));
            }
        }

        private async Task StopAsync(Child child)
        {
            child.Signal(Signals.Terminate);
            var code = await child.Ended.WaitAsync(TimeSpan.FromSeconds(60));
            if (code != 0)
            {
                scene.Require(false, $"{child.Name} ended with {code}: {child.LastWords}");
            }
        }

        private async Task VerbAsync(params string[] verb)
        {
            using var client = new Child(string.Join(' ', verb), null, "AkkaLb.ClientNode.dll", [.. verb, "--etcd", etcd]);
            var code = await client.Ended.WaitAsync(TimeSpan.FromSeconds(120));
            scene.Require(code == 0, $"{client.Name}: {string.Join("; ", client.Output.Concat(client.Error))}");
        }

        private async Task StartBalancerAsync(int place, string? folder)
        {
            _balancers[place] = scene.StartFrom(
                folder, $"b{place}", "AkkaLb.Balancer.dll", "--id", $"b{place}", "--policy", "least-requests", "--port", $"{_ports[place]}",
                "--etcd", etcd);
            await _balancers[place].ReadyAsync();
        }

        private async Task StartWorkerAsync(int place, string? folder)
        {
            _workers[place] = scene.StartFrom(
                folder, Workers[place], "AkkaLb.WorkerNode.dll", "--id", Workers[place], "--capacity", "16", "--etcd", etcd);
            await _workers[place].ReadyAsync();
        }
    }
}
