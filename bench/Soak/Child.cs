using System.Globalization;
using AkkaLb.Tests.Support;

namespace AkkaLb.Bench.Soak;

/// <summary>A process of a scene, and every line that it has printed.</summary>
internal sealed class Child : IDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly GuardedProcess _process;
    private readonly List<string> _output = [];
    private readonly List<string> _error = [];
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="assembly">Of this build; or its whole path.</param>
    public Child(string name, string? space, string assembly, params IEnumerable<string> arguments)
    {
        Name = name;
        string[] command = ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, assembly), .. arguments];
        if (space is not null)
        {
            command = ["ip", "netns", "exec", space, .. command];
        }

        _process = GuardedProcess.Start(command[0], command[1..], line => Keep(_output, line), line => Keep(_error, line));
        Ended = EndAsync();
    }

    public string Name { get; }

    /// <summary>What it has in memory; 0: it has ended.</summary>
    public long ResidentBytes => _process.ResidentBytes;

    /// <summary>The exit code.</summary>
    public Task<int> Ended { get; }

    public IReadOnlyList<string> Output => Copy(_output);

    public IReadOnlyList<string> Error => Copy(_error);

    /// <summary>The last line on its standard error.</summary>
    public string LastWords => Error is [.., var last] ? last : "";

    /// <summary>The words of its ready line.</summary>
    /// <exception cref="InvalidOperationException">It ended first, or took longer than a minute.</exception>
    public async Task<string[]> ReadyAsync()
    {
        if (await Task.WhenAny(_ready.Task, Ended, Task.Delay(ReadyWithin)) != _ready.Task)
        {
            throw new InvalidOperationException($"{Name} did not become ready: {string.Join(" | ", Error.TakeLast(5))}");
        }

        return (await _ready.Task).Split(' ');
    }

    public void Signal(int number) => _process.Signal(number);

    public void CloseInput() => _process.Input.Close();

    public void Dispose() => _process.Dispose();

    private async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        return _process.ExitCode;
    }

    private void Keep(List<string> lines, string line)
    {
        lock (lines)
        {
            lines.Add(line);
        }

        if (line.StartsWith("ready ", StringComparison.Ordinal))
        {
            _ready.TrySetResult(line);
        }
    }

    private static List<string> Copy(List<string> lines)
    {
        lock (lines)
        {
            return [.. lines];
        }
    }
}

/// <summary>What a <see cref="Driver"/> has told so far.</summary>
internal sealed class Load(Child driver)
{
    public Child Process => driver;

    /// <summary>As its jobs' ids begin.</summary>
    public string ClientId => Lines("client").Select(words => words[1]).SingleOrDefault() ?? "";

    public IReadOnlyList<Tick> Ticks => [.. Lines("tick").Select(w => new Tick(Long(w[1]), Long(w[2]), Long(w[3])))];

    public IReadOnlyList<Failure> Failures => [.. Lines("failed").Select(w => new Failure(Long(w[1]), w[2], w[3], string.Join(' ', w[4..])))];

    public IReadOnlyList<(string Kind, string Error, long Count)> Counts => [.. Lines("count").Select(w => (w[1], w[2], Long(w[3])))];

    public IReadOnlyDictionary<string, long> Workers => Lines("worker").ToDictionary(w => w[1], w => Long(w[2]));

    /// <summary>Closes the driver's input, unless it ends by itself, and returns its last line.</summary>
    public async Task<Summary> EndAsync(bool byItself = false)
    {
        if (!byItself)
        {
            driver.CloseInput();
        }

        await driver.Ended;
        var words = Lines("end").SingleOrDefault()
            ?? throw new InvalidOperationException($"{driver.Name} broke off: {string.Join(" | ", driver.Error.TakeLast(5))}");
        return new Summary(double.Parse(words[1], CultureInfo.InvariantCulture), Long(words[2]), Long(words[3]), Long(words[4]));
    }

    /// <summary>Jobs a second between two moments.</summary>
    public double Rate(long fromMs, long untilMs)
    {
        var ticks = Ticks.Where(t => t.AtMs >= fromMs && t.AtMs <= untilMs).ToList();
        return ticks.Count < 2 ? 0 : (ticks[^1].Done - ticks[0].Done) * 1000.0 / (ticks[^1].AtMs - ticks[0].AtMs);
    }

    private IEnumerable<string[]> Lines(string first) =>
        driver.Output.Where(l => l.StartsWith(first + " ", StringComparison.Ordinal)).Select(l => l.Split(' '));

    private static long Long(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    public sealed record Tick(long AtMs, long Done, long Failed);

    public sealed record Failure(long SubmittedMs, string Kind, string Error, string Cause);

    /// <param name="LongestMs">From submission to end, of any job.</param>
    public sealed record Summary(double Seconds, long Done, long Failed, long LongestMs);
}
