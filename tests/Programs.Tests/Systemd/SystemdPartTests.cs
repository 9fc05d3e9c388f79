using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Messages;
using AkkaLb.Programs.Logs;
using AkkaLb.Programs.Settings;
using AkkaLb.Programs.Systemd;
using AkkaLb.Tests.Support;

namespace AkkaLb.Programs.Tests.Systemd;

/// <summary>What systemd hears of a program in this process.</summary>
public sealed class SystemdPartTests : IDisposable
{
    private const int Self = 17;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly LogSettings Warnings = new(LogLevel.Warning, LogFormat.Text);

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-systemd-").FullName;

    [Fact]
    public async Task A_program_whose_actor_stands_still_beats_no_more_and_beats_again_when_it_goes_on()
    {
        using var systemd = new NotifyReceiver(Path.Combine(_folder, "notify"));
        using var barrier = new ManualResetEventSlim();
        var log = new Lines();
        var program = new ProgramHost(Warnings, log);
        var node = program.Add(new NodePart(
            program, new CommonSettings("127.0.0.1", 0, null, TimeSpan.FromSeconds(2)) { Log = Warnings }, Config.Empty, UserMessages.None));
        program.Add(_ =>
        {
            node.System.ActorOf(Props.Create(() => new Blocked(barrier)), "blocked").Tell("stand still");
            program.Ready();
            return Task.FromResult<IAsyncDisposable>(new Nothing());
        });
        program.Add(new SystemdPart(program, node, name => name switch
        {
            "NOTIFY_SOCKET" => systemd.Address,
            "WATCHDOG_USEC" => "100000",
            _ => null,
        }));
        var running = program.RunAsync();

        Assert.Contains("the actor /user/blocked does not answer", await log.First.WaitAsync(Patience), StringComparison.Ordinal);
        Assert.Equal("READY=1", await systemd.NextAsync(CancellationToken.None).AsTask().WaitAsync(Patience));
        Assert.False(systemd.HasMore);
        barrier.Set();

        Assert.Empty(await systemd.UntilAsync("WATCHDOG=1", Patience));
        program.Interrupt();
        await systemd.UntilAsync("STOPPING=1", Patience);
        Assert.Equal(ExitCode.Ok, await running.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_socket_at_which_nobody_listens_is_logged_once_and_ends_nothing()
    {
        var log = new Lines();
        var program = new ProgramHost(Warnings, log);
        var node = program.Add(new NodePart(
            program, new CommonSettings("127.0.0.1", 0, null, TimeSpan.FromSeconds(2)) { Log = Warnings }, Config.Empty, UserMessages.None));
        program.Add(new SystemdPart(program, node, name => name == "NOTIFY_SOCKET" ? Path.Combine(_folder, "nobody") : null));
        program.Ready();
        var running = program.RunAsync();

        Assert.Contains("systemd cannot be told READY=1", await log.First.WaitAsync(Patience), StringComparison.Ordinal);
        program.Interrupt();

        Assert.Equal(ExitCode.Ok, await running.WaitAsync(Patience));
        Assert.Equal(1, log.Count);
    }

    [Theory]
    [InlineData("60000000", null, 20_000)]
    [InlineData("60000000", "17", 20_000)]
    [InlineData("60000000", "18", null)]
    [InlineData("18446744073709551615", null, 3_600_000)]
    [InlineData("2", null, 1)]
    [InlineData("0", null, null)]
    [InlineData("-1", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void It_beats_often_enough_in_the_time_that_systemd_waits_where_that_is_for_this_process(string? microseconds, string? pid, int? every) =>
        Assert.Equal(every, (int?)SystemdPart.BeatEvery(microseconds, pid, Self)?.TotalMilliseconds);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class Blocked : ReceiveActor
    {
        public Blocked(ManualResetEventSlim barrier) => Receive<string>(_ => barrier.Wait(Patience));
    }

    private sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Counts the lines of a log, and keeps the first.</summary>
    private sealed class Lines : StringWriter
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public Task<string> First => _first.Task;

        public int Count => Volatile.Read(ref _count);

        public override void WriteLine(string? value)
        {
            Interlocked.Increment(ref _count);
            _first.TrySetResult(value!);
        }
    }
}
