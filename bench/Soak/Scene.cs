using AkkaLb.Tests.Support;

namespace AkkaLb.Bench.Soak;

/// <summary>The processes and files of one run; disposing it ends and deletes them.</summary>
internal sealed class Scene : IDisposable
{
    private const string DriverName = "driver";

    private readonly List<Child> _children = [];
    private int _broken;

    private Scene() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();

    public string Folder { get; } = Directory.CreateTempSubdirectory("akkalb-soak-").FullName;

    /// <summary>Balancers and workers that run.</summary>
    public IEnumerable<Child> Nodes => _children.Where(c => !c.Ended.IsCompleted && c.Name != DriverName);

    /// <summary>For every node, for example certificates.</summary>
    public string[] ForAll { get; set; } = [];

    public static long NowMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <summary>Runs a scene to its end.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Func<Scene, Task> run)
    {
        using var scene = new Scene();
        try
        {
            await run(scene);
        }
        catch (InvalidOperationException e)
        {
            scene.Require(false, e.Message);
        }

        Console.WriteLine(scene._broken == 0 ? "all of it was seen" : $"{scene._broken} broken");
        return scene._broken == 0 ? 0 : 1;
    }

    /// <summary>Prints what was measured, and whether it is as promised.</summary>
    public void Require(bool isSo, string what)
    {
        Console.WriteLine($"{(isSo ? "ok     " : "BROKEN ")} {what}");
        _broken += isSo ? 0 : 1;
    }

    public static void Say(string what) => Console.WriteLine(what);

    public Child Start(string name, string? space, string assembly, params IEnumerable<string> arguments)
    {
        var child = new Child(name, space, assembly, arguments);
        _children.Add(child);
        return child;
    }

    /// <param name="folder">Of the program; null: it is of this build.</param>
    public Child StartFrom(string? folder, string name, string assembly, params IEnumerable<string> arguments) =>
        Start(name, null, folder is null ? assembly : Path.GetFullPath(assembly, Path.GetFullPath(folder)), arguments);

    /// <summary>Starts a balancer.</summary>
    /// <returns>It, and its <c>host:port</c>.</returns>
    public async Task<(Child Process, string At)> BalancerAsync(string? space = null, string host = "127.0.0.1", params string[] more)
    {
        var port = FreePorts.Take();
        var process = Start($"balancer {host}:{port}", space, "AkkaLb.Balancer.dll",
            ["--policy", "round-robin", "--host", host, "--port", $"{port}", .. more, .. ForAll]);
        await process.ReadyAsync();
        return (process, $"{host}:{port}");
    }

    public Child Worker(string id, string balancers, params string[] more) => WorkerIn(null, id, balancers, more);

    /// <param name="space">Its network namespace; null: that of this process.</param>
    /// <param name="balancers">Null: it follows those in etcd.</param>
    public Child WorkerIn(string? space, string id, string? balancers, params string[] more) =>
        Start($"worker {id}", space, "AkkaLb.WorkerNode.dll",
            ["--id", id, .. balancers is null ? Array.Empty<string>() : ["--balancer", balancers], .. more, .. ForAll]);

    /// <summary>A worker whose actor is <see cref="OddActor"/>.</summary>
    public Child OddWorker(string id, string balancers, params string[] more) =>
        Start($"worker {id}", null, OwnAssembly, [Soak.OddWorker.Verb, "--id", id, "--balancer", balancers, .. more, .. ForAll]);

    /// <summary>Starts a driver, see <see cref="Driver"/>, and waits until it begins.</summary>
    public async Task<Load> DriveAsync(string? space, string balancers, params string[] more)
    {
        var driver = Start(DriverName, space, OwnAssembly, [Driver.Verb, "--balancer", balancers, .. more]);
        await driver.ReadyAsync();
        return new Load(driver);
    }

    public string WriteFile(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        foreach (var child in _children.ToList())
        {
            child.Dispose();
        }

        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static string OwnAssembly => typeof(Scene).Assembly.GetName().Name + ".dll";
}
