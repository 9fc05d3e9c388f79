using System.Diagnostics;
using System.Globalization;
using AkkaLb.Remoting;
using AkkaLb.Tests.Support;

namespace AkkaLb.Processes.Harness;

/// <summary>One of the programs, or another, as a process of its own. Disposing it kills it.</summary>
public sealed class NodeProcess : IAsyncDisposable
{
    /// <summary>Nothing here takes so long unless it is broken: a start takes a second or two, and twenty times that on a machine with twenty times
    /// the work.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly GuardedProcess _process;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly string _name;

    private NodeProcess(string name, string file, IEnumerable<string> arguments)
    {
        _name = name;
        _process = GuardedProcess.Start(file, arguments, Output.Add, Error.Add);
        Pid = _process.Id;
        Ended = EndAsync();
    }

    public int Pid { get; }

    public OutputLines Output { get; } = new();

    public OutputLines Error { get; } = new();

    /// <summary>How it ended; all its output is there by then.</summary>
    public Task<Ending> Ended { get; }

    /// <summary>Resident memory, as the kernel counts it.</summary>
    public long ResidentBytes => _process.ResidentBytes;

    public static NodeProcess Balancer(params IEnumerable<string> arguments) => Node("AkkaLb.Balancer", arguments);

    public static NodeProcess Worker(params IEnumerable<string> arguments) => Node("AkkaLb.WorkerNode", arguments);

    public static NodeProcess Client(params IEnumerable<string> arguments) => Node("AkkaLb.ClientNode", arguments);

    /// <summary>A program, by the name of its assembly, which stands beside that of the tests.</summary>
    public static NodeProcess Program(string assembly, IEnumerable<string> arguments) =>
        new(assembly, "dotnet", ["exec", AssemblyPath(assembly), .. arguments]);

    /// <summary>One of the three programs, on the transport of the run; only the default one has TLS.</summary>
    private static NodeProcess Node(string assembly, IEnumerable<string> arguments)
    {
        string[] given = [.. arguments];
        return Program(assembly, TestTransport.Next == NodeTransport.Pipelines || given.Any(a => a.StartsWith("--tls-", StringComparison.Ordinal))
            ? given
            : [.. given, "--transport", "dot-netty"]);
    }

    public static NodeProcess Start(string file, params IEnumerable<string> arguments) => new(file, file, arguments);

    public static string AssemblyPath(string assembly) => Path.Combine(AppContext.BaseDirectory, assembly + ".dll");

    /// <summary>The first line on standard output that begins so. Fails at once when the process ends without one.</summary>
    public async Task<OutputLine> WaitForLineAsync(string prefix, TimeSpan? bound = null)
    {
        var line = Output.FirstAsync(l => l.StartsWith(prefix, StringComparison.Ordinal));
        if (await Waiting.ForAsync(
            Task.WhenAny(line, Ended), bound ?? Bound, $"a line '{prefix}...' of {_name}", Describe) == Ended && !line.IsCompleted)
        {
            Assert.Fail($"{_name} ended before it printed '{prefix}': {await Ended}");
        }

        return await line;
    }

    /// <summary>Waits for the end; fails when it takes too long.</summary>
    public async Task<Ending> EndedAsync(TimeSpan? bound = null)
    {
        return await Waiting.ForAsync(Ended, bound ?? Bound, $"the end of {_name}", Describe);
    }

    /// <summary>Waits until it has so much resident memory.</summary>
    public Task ResidentAsync(long bytes) => Waiting.UntilAsync(
        () => ResidentBytes >= bytes, Bound, TimeSpan.FromMilliseconds(10), $"{bytes} resident bytes of {_name}", () => $"{ResidentBytes}");

    public void Signal(int number) => _process.Signal(number);

    public async Task TypeAsync(string keys)
    {
        await _process.Input.WriteAsync(keys);
        await _process.Input.FlushAsync();
    }

    public string Describe() => $"{_name} {Pid}\n  {string.Join("\n  ", Output.Texts.TakeLast(20).Concat(Error.Texts.TakeLast(60)))}";

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await Ended;
        _process.Dispose();
    }

    private async Task<Ending> EndAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        return new Ending(_process.ExitCode, Output.Texts, Error.Texts, Stopwatch.GetElapsedTime(_startedAt));
    }
}

/// <summary>How a process ended.</summary>
/// <param name="Ran">From its start.</param>
public sealed record Ending(int ExitCode, IReadOnlyList<string> Output, IReadOnlyList<string> Error, TimeSpan Ran)
{
    /// <summary>Standard error without the line that says what it waits for, which a slow machine brings about.</summary>
    public IEnumerable<string> Problems => Error.Where(l => !l.StartsWith("waiting for ", StringComparison.Ordinal));

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture,
            $"exit {ExitCode} after {Ran.TotalSeconds:0.00} s\n  {string.Join("\n  ", Output.TakeLast(20).Concat(Error.TakeLast(60)))}");
}
