using System.Diagnostics;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Bench.Soak;

/// <summary>Minutes or hours of bad days: workers, balancers and etcd are killed, frozen and cut off under load, again and again. The workers' ledger
/// accounts for every job.</summary>
internal static class Day
{
    public const string InsideVerb = "day-inside";

    private const string Home = "home";
    private const string Away = "away";
    private const int Workers = 5;
    private const int Balancers = 3;

    /// <summary>The last ones live in <see cref="Away"/>.</summary>
    private const int WorkersAtHome = 3;

    /// <summary>Of each kind the first is never killed, so that the memory of one that lives on is seen.</summary>
    private const int Spared = 1;

    /// <summary>At the pace that is asked for: 200 kills and 20 faults of etcd in an hour.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(9);

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(20);

    /// <summary>One whose jobs were lost in the last faults may be ejected: for 5 minutes at most.</summary>
    private static readonly TimeSpan AllHaveJobsWithin = TimeSpan.FromSeconds(330);

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(20);

    /// <summary>In network namespaces of its own, where that is possible: this process cannot enter one, a child can.</summary>
    /// <param name="args">Minutes, and a seed.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        GuardedProcess? inside = null;
        // Before the network is deleted, and with time to delete its own folders: exit handlers run in the order of their registration.
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            inside?.Signal(Signals.Terminate);
            inside?.WaitForExitAsync(CancellationToken.None).Wait(EndsWithin);
        };
        TestNetwork network;
        try
        {
            network = TestNetwork.Create(Home, Away);
        }
        catch (InvalidOperationException e)
        {
            Scene.Say($"        no network is cut: {e.Message}");
            return await Scene.RunAsync(scene => RunAsync(scene, null, args));
        }

        using (network)
        {
            inside = GuardedProcess.Start(
                "ip",
                [
                    "netns", "exec", network[Home].Name, "dotnet", "exec", typeof(Day).Assembly.Location, InsideVerb, $"{Environment.ProcessId}",
                    .. args,
                ],
                Scene.Say,
                Console.Error.WriteLine);
            await inside.WaitForExitAsync(CancellationToken.None);
            var code = inside.ExitCode;
            inside.Dispose();
            inside = null;
            return code;
        }
    }

    /// <param name="process">That has made the network in whose <see cref="Home"/> this one runs.</param>
    public static Task<int> RunInsideAsync(string process, string[] args) =>
        Scene.RunAsync(scene => RunAsync(scene, TestNetwork.Of(int.Parse(process), Home, Away), args));

    private static async Task RunAsync(Scene scene, TestNetwork? network, string[] args)
    {
        var minutes = args.Length > 0 && double.TryParse(args[0], out var given) && given is >= 0.5 and <= 10_000
            ? given
            : throw new InvalidOperationException("say how many minutes: 0.5 to 10000");
        var seed = args.Length > 1 && int.TryParse(args[1], out var number) ? number : 4053;
        await using var etcd = await EtcdProcess.StartAsync();
        await using var proxy = new FaultyProxy(etcd.Port, network?[Home].Host);
        var cast = await Cast.StartAsync(scene, etcd, proxy, network);
        var (idempotent, once) = (await cast.DriveAsync(8, isIdempotent: true), await cast.DriveAsync(4, isIdempotent: false));
        var memory = new MemoryLevel(
        [
            ("client", idempotent.Process), ("client of jobs that may run once", once.Process), ("balancer", cast.Balancer), ("worker", cast.Worker),
        ]);
        var clock = Stopwatch.StartNew();
        var random = new Random(seed);
        var (kills, faults, cuts) = (0, 0, 0);
        Scene.Say($"        {minutes} minutes, seed {seed}");
        for (var step = 1; clock.Elapsed < TimeSpan.FromMinutes(minutes); step++)
        {
            var begun = clock.Elapsed;
            if (step % 15 == 0)
            {
                await cast.TroubleEtcdAsync(random);
                faults++;
            }

            var (what, trouble) = await cast.TroubleNodeAsync(random);
            kills += trouble == Trouble.Kill ? 1 : 0;
            cuts += trouble == Trouble.Cut ? 1 : 0;
            memory.Sample(clock.Elapsed);
            if (step % 20 == 0)
            {
                Scene.Say($"        {clock.Elapsed.TotalMinutes:0} min: {kills} kills, {cuts} cuts, {faults} faults of etcd, last {what}; "
                    + $"{Told(idempotent)}, once {Told(once)}; {memory}");
            }

            var rest = Step - (clock.Elapsed - begun);
            await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
        }

        await Task.Delay(Calm);
        var idle = await cast.WithoutJobsAsync();
        await cast.LookForGoneAsync();
        scene.Require(idle.Count == 0, $"in the end, without faults, every worker gets jobs{(idle.Count == 0 ? "" : ", but not ")}"
            + string.Join(", ", idle));
        var ends = (Idempotent: await idempotent.EndAsync(), Once: await once.EndAsync());
        scene.Require(
            kills >= (int)(minutes * 200 / 60) && faults >= (int)(minutes * 20 / 60),
            $"{kills} kills, {cuts} cuts of a network and {faults} faults of etcd in {minutes} min");
        scene.Require(cast.EndedByThemselves == 0, $"{cast.EndedByThemselves} processes ended by themselves");
        Judge(scene, "jobs that may run again", idempotent, ends.Idempotent, cast, mayBeLost: false);
        Judge(scene, "jobs that may run once", once, ends.Once, cast, mayBeLost: true);
        scene.Require(memory.IsLevel, $"memory: {memory}");
    }

    private static void Judge(Scene scene, string what, Load load, Load.Summary end, Cast cast, bool mayBeLost)
    {
        var unknown = load.Counts.Where(c => c.Error == "WorkerLost").Sum(c => c.Count);
        scene.Require(
            end.Done > 0 && end.Failed == (mayBeLost ? unknown : 0),
            $"{what}: {end.Done} done, {end.Failed} failed, of which {unknown} because their worker was lost; the longest took {end.LongestMs} ms");
        foreach (var failure in load.Failures.Where(f => !mayBeLost || f.Error != "WorkerLost").Take(5))
        {
            Scene.Say($"        {failure}");
        }

        var (done, twice) = cast.Account(load.ClientId);
        scene.Require(
            done >= end.Done && done <= end.Done + end.Failed,
            $"{what}: the ledger has {done} of them as done, the client {end.Done} and {end.Failed} failed");
        if (mayBeLost)
        {
            scene.Require(twice == 0, $"{what}: {twice} stand twice in the ledger");
        }
    }

    private static string Told(Load load) => load.Ticks is [.., var last] ? $"{last.Done} done, {last.Failed} failed" : "nothing";

    private enum Trouble
    {
        Kill,
        Stop,
        Freeze,
        Cut,
    }

    /// <summary>Who plays, and what befalls them.</summary>
    private sealed class Cast
    {
        private readonly Scene _scene;
        private readonly EtcdProcess _etcd;
        private readonly FaultyProxy _proxy;
        private readonly TestNetwork? _network;
        private readonly string _settings;
        private readonly string _ledger;
        private readonly (Child Process, int Port)[] _workers = new (Child, int)[Workers];
        private readonly (Child Process, int Port)[] _balancers = new (Child, int)[Balancers];
        private readonly HashSet<Child> _gone = [];
        private int _lives;

        private Cast(Scene scene, EtcdProcess etcd, FaultyProxy proxy, TestNetwork? network)
        {
            (_scene, _etcd, _proxy, _network) = (scene, etcd, proxy, network);
            _ledger = Path.Combine(scene.Folder, "ledger");
            _settings = scene.WriteFile("worker.hocon", $"akkalb.worker.ledger = \"{_ledger}\"");
        }

        /// <summary>One of each that is not killed.</summary>
        public Child Balancer => _balancers[0].Process;

        public Child Worker => _workers[0].Process;

        public int EndedByThemselves => _gone.Count;

        private string HomeHost => _network?[Home].Host ?? "127.0.0.1";

        public static async Task<Cast> StartAsync(Scene scene, EtcdProcess etcd, FaultyProxy proxy, TestNetwork? network)
        {
            var cast = new Cast(scene, etcd, proxy, network);
            for (var i = 0; i < cast._balancers.Length; i++)
            {
                cast._balancers[i] = (cast.StartBalancer(i, FreePorts.Take()), 0);
                cast._balancers[i].Port = PortOf(await cast._balancers[i].Process.ReadyAsync());
            }

            for (var i = 0; i < Workers; i++)
            {
                cast._workers[i] = (cast.StartWorker(i, FreePorts.Take()), 0);
                cast._workers[i].Port = PortOf(await cast._workers[i].Process.ReadyAsync());
            }

            return cast;
        }

        public Task<Load> DriveAsync(int callers, bool isIdempotent) => _scene.DriveAsync(
            null, string.Join(',', _balancers.Select(b => $"{HomeHost}:{b.Port}")), "--host", HomeHost, "--callers", $"{callers}", "--work", "20",
            "--deadline", "120", "--idempotent", isIdempotent ? "1" : "0");

        public async Task TroubleEtcdAsync(Random random)
        {
            var time = TimeSpan.FromSeconds(random.Next(2, 9));
            switch (random.Next(4))
            {
                case 0:
                    _etcd.Kill();
                    await Task.Delay(time);
                    await _etcd.RestartAsync();
                    break;
                case 1:
                    _etcd.Freeze();
                    await Task.Delay(time);
                    _etcd.Thaw();
                    break;
                case 2:
                    _proxy.Break();
                    break;
                default:
                    _proxy.Silence();
                    await Task.Delay(time);
                    _proxy.Mend();
                    break;
            }
        }

        /// <returns>What befell whom.</returns>
        public async Task<(string What, Trouble Trouble)> TroubleNodeAsync(Random random)
        {
            await LookForGoneAsync();
            var isBalancer = random.Next(8) == 0;
            var nodes = isBalancer ? _balancers : _workers;
            switch (random.Next(12))
            {
                case 0:
                    var frozen = nodes[random.Next(nodes.Length)].Process;
                    frozen.Signal(Signals.Stop);
                    await Task.Delay(TimeSpan.FromSeconds(random.Next(1, 7)));
                    frozen.Signal(Signals.Continue);
                    return ($"{frozen.Name} frozen", Trouble.Freeze);
                case 1 when _network is not null:
                    _network.Cut(Away);
                    await Task.Delay(TimeSpan.FromSeconds(random.Next(2, 21)));
                    _network.Heal(Away);
                    return ("a network cut", Trouble.Cut);
            }

            var place = random.Next(Spared, nodes.Length);
            var (process, port) = nodes[place];
            var isKill = random.Next(10) > 0;
            process.Signal(isKill ? Signals.Kill : Signals.Terminate);
            await process.Ended;
            nodes[place].Process = isBalancer ? StartBalancer(place, port) : StartWorker(place, port);
            await nodes[place].Process.ReadyAsync();
            return ($"{process.Name} {(isKill ? "killed" : "stopped")}", isKill ? Trouble.Kill : Trouble.Stop);
        }

        /// <summary>Notes who has ended without having been told to.</summary>
        public async Task LookForGoneAsync()
        {
            foreach (var gone in _balancers.Concat(_workers).Select(n => n.Process).Where(p => p.Ended.IsCompleted && _gone.Add(p)))
            {
                Scene.Say($"        {gone.Name} has ended by itself with {await gone.Ended}: {gone.LastWords}");
            }
        }

        /// <summary>Those who have done no job from now on within <see cref="AllHaveJobsWithin"/>; returns as soon as there are none.</summary>
        public async Task<IReadOnlyList<string>> WithoutJobsAsync()
        {
            var (before, clock) = (new FileInfo(_ledger).Length, Stopwatch.StartNew());
            while (true)
            {
                await Task.Delay(LookAgainAfter);
                using var file = new StreamReader(new FileStream(_ledger, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
                file.BaseStream.Seek(before, SeekOrigin.Begin);
                var rows = (await file.ReadToEndAsync()).Split('\n').Select(line => line.Split(' ')).Where(words => words.Length == 4);
                var busy = rows.Select(words => words[2]).ToHashSet();
                var idle = _workers.Select(w => w.Process.Name).Where(name => !busy.Contains(name)).ToList();
                if (idle.Count == 0 || clock.Elapsed > AllHaveJobsWithin)
                {
                    return idle;
                }
            }
        }

        /// <summary>How many of a client's jobs stand in the ledger as done, and how many of its jobs stand there twice.</summary>
        public (long Done, long Twice) Account(string client)
        {
            var seen = new Dictionary<string, (int Rows, bool IsDone)>();
            foreach (var words in File.ReadLines(_ledger).Select(line => line.Split(' ')))
            {
                // A worker that is killed may leave half a line.
                if (words.Length == 4 && words[0].StartsWith($"{client}-", StringComparison.Ordinal))
                {
                    var (rows, isDone) = seen.GetValueOrDefault(words[0]);
                    seen[words[0]] = (rows + 1, isDone || words[3] == "done");
                }
            }

            return (seen.Values.Count(job => job.IsDone), seen.Values.Count(job => job.Rows > 1));
        }

        // Half of the nodes reach etcd through the proxy. A life has a name of its own: the lease of the one before may still stand.
        private Child StartBalancer(int place, int port)
        {
            var id = $"b{place}-{++_lives}";
            return _scene.Start(
                id, null, "AkkaLb.Balancer.dll", "--id", id, "--policy", "least-requests", "--host", HomeHost, "--port", $"{port}", "--etcd",
                EtcdFor(place));
        }

        private Child StartWorker(int place, int port)
        {
            var id = $"w{place}-{++_lives}";
            var away = place >= WorkersAtHome ? _network?[Away] : null;
            return _scene.Start(
                id, away?.Name, "AkkaLb.WorkerNode.dll", "--id", id, "--capacity", "16", "--host", away?.Host ?? HomeHost, "--port", $"{port}",
                "--etcd", away is null ? EtcdFor(place) : _proxy.Endpoint, "--config", _settings);
        }

        private string EtcdFor(int place) => place % 2 == 0 ? _etcd.Endpoint : _proxy.Endpoint;

        private static int PortOf(string[] readyLine) => int.Parse(readyLine.First(w => w.Contains('@')).Split(':')[^1]);
    }
}
