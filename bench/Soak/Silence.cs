using System.Globalization;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Certificates;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Bench.Soak;

/// <summary>16 s of silence or more, by a network cut or SIGSTOP, for each part in turn: afterwards the very same processes do jobs at the old
/// rate again.</summary>
/// <remarks>Clients, balancers (with etcd) and workers each have a network namespace of their own; a bridge between them is what gets cut.</remarks>
internal static class Silence
{
    private static readonly TimeSpan HealsWithin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(Scene scene, string[] args)
    {
        var length = TimeSpan.FromSeconds(args is [.., var last] && int.TryParse(last, CultureInfo.InvariantCulture, out var seconds) ? seconds : 16);
        var tls = args.Contains("tls") ? [true] : args.Contains("plain") ? [false] : new[] { false, true };
        var modes = args.Contains("singleton")
            ? ["singleton"]
            : args.Contains("independent") ? ["independent"] : new[] { "independent", "singleton" };
        foreach (var isSecured in tls)
        {
            foreach (var mode in modes)
            {
                Scene.Say($"{(isSecured ? "TLS" : "plain")}, {mode}");
                await RunAsync(scene, isSecured, mode, length);
            }
        }
    }

    private static async Task RunAsync(Scene scene, bool isSecured, string mode, TimeSpan length)
    {
        using var net = TestNetwork.Create("client", "balancer", "worker");
        var (client, balancer, worker) = (net["client"], net["balancer"], net["worker"]);
        var certificates = Directory.CreateDirectory(Path.Combine(scene.Folder, Path.GetRandomFileName())).FullName;
        using var authority = new TestAuthority(certificates, "ca");
        var node = authority.Issue("node", new TestAuthority.Request { Hosts = [client.Host, balancer.Host, worker.Host] });
        scene.ForAll = isSecured ? ["--tls-cert", node.CertificateFile, "--tls-key", node.KeyFile, "--tls-ca", node.AuthorityFile] : [];

        using var etcd = mode == "singleton" ? StartEtcd(balancer, Path.Combine(certificates, "etcd")) : null;
        string[] registry = mode == "singleton" ? ["--etcd", $"http://{balancer.Host}:23790"] : [];
        string[] cluster = mode == "singleton" ? ["--mode", "singleton", "--wait", "20"] : [];
        var (firstProcess, first) = await scene.BalancerAsync(balancer.Name, balancer.Host, [.. cluster, .. registry]);
        var second = mode == "singleton" ? (await scene.BalancerAsync(balancer.Name, balancer.Host, [.. cluster, .. registry])).At : null;
        var balancers = second is null ? first : $"{first},{second}";
        var workers = new List<Child>();
        foreach (var id in new[] { "w1", "w2" })
        {
            var process = scene.WorkerIn(worker.Name, id, mode == "singleton" ? null : first, ["--host", worker.Host, .. registry]);
            workers.Add(process);
            await process.ReadyAsync();
        }

        string[] secured = isSecured ? ["--tls", certificates] : [];
        var load = await scene.DriveAsync(
            client.Name, balancers, ["--host", client.Host, "--callers", "8", "--work", "20", "--deadline", "5", .. secured]);
        await FaultAsync("network cut, client", () => net.Cut("client"), () => net.Heal("client"));
        await FaultAsync("network cut, workers", () => net.Cut("worker"), () => net.Heal("worker"));
        await FaultAsync("network cut, balancer", () => net.Cut("balancer"), () => net.Heal("balancer"));
        await FaultAsync("SIGSTOP, client", () => load.Process.Signal(Signals.Stop), () => load.Process.Signal(Signals.Continue));
        await FaultAsync("SIGSTOP, all workers", () => workers.ForEach(w => w.Signal(Signals.Stop)), () => workers.ForEach(
            w => w.Signal(Signals.Continue)));
        await FaultAsync("SIGSTOP, balancer", () => firstProcess.Signal(Signals.Stop), () => firstProcess.Signal(Signals.Continue));
        var summary = await load.EndAsync();
        Scene.Say($"        {summary.Done} done, {summary.Failed} failed during the faults: "
            + $"{string.Join(", ", load.Counts.Where(c => c.Error != "done").Select(c => $"{c.Error} {c.Count}"))}");
        scene.Require(workers.All(w => !w.Ended.IsCompleted), $"the worker processes are those of the beginning");
        // Of a cluster the frozen one has to give way: the others cannot tell it from a dead one.
        scene.Require(
            mode == "singleton" || !firstProcess.Ended.IsCompleted,
            $"the balancer that was frozen "
                + $"{(firstProcess.Ended.IsCompleted ? $"has ended with {await firstProcess.Ended}: {firstProcess.LastWords}" : "still runs")}");
        workers.ForEach(w => w.Dispose());
        firstProcess.Dispose();

        async Task FaultAsync(string what, Action begin, Action end)
        {
            await Task.Delay(TimeSpan.FromSeconds(5));
            var before = load.Rate(Scene.NowMs - 4000, Scene.NowMs);
            begin();
            await Task.Delay(length);
            end();
            var healed = Scene.NowMs;
            while (Scene.NowMs < healed + (HealsWithin + Window).TotalMilliseconds && OldRateAfter(load, healed, before) is null)
            {
                await Task.Delay(100);
            }

            var ticks = load.Ticks;
            var doneBefore = ticks.LastOrDefault(t => t.AtMs <= healed)?.Done ?? 0;
            var firstDone = ticks.FirstOrDefault(t => t.AtMs > healed && t.Done > doneBefore);
            var oldRate = OldRateAfter(load, healed, before);
            scene.Require(
                firstDone is not null && oldRate is not null,
                $"{what}: {before:0} jobs/s before; first job done {(firstDone?.AtMs - healed) / 1000.0:0.0} s after healing, at the old rate "
                    + $"after {oldRate / 1000.0:0.0} s");
        }
    }

    /// <summary>Milliseconds from healing to the first window in which the load runs at nine tenths of the old rate; null: not yet.</summary>
    private static long? OldRateAfter(Load load, long healed, double before)
    {
        var ticks = load.Ticks.Where(t => t.AtMs >= healed).ToList();
        foreach (var from in ticks)
        {
            var until = ticks.FirstOrDefault(t => t.AtMs >= from.AtMs + Window.TotalMilliseconds);
            if (until is not null && (until.Done - from.Done) * 1000.0 / (until.AtMs - from.AtMs) >= 0.9 * before)
            {
                return from.AtMs - healed;
            }
        }

        return null;
    }

    private static GuardedProcess StartEtcd(TestNetwork.Place at, string data)
    {
        var (clients, peers) = ($"http://{at.Host}:23790", $"http://{at.Host}:23791");
        return GuardedProcess.Start(
            "ip",
            [
                "netns", "exec", at.Name, EtcdBinaries.Etcd, "--data-dir", data, "--listen-client-urls", clients, "--advertise-client-urls", clients,
                "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", $"default={peers}", "--log-level", "error",
            ]);
    }
}
