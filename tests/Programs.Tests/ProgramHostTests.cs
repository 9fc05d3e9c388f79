using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using AkkaLb.Messages;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Logs;
using AkkaLb.Programs.Settings;
using AkkaLb.Remoting;
using LogLevel = AkkaLb.Programs.Logs.LogLevel;

namespace AkkaLb.Programs.Tests;

/// <summary>Programs in this process.</summary>
public sealed class ProgramHostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly LogSettings Errors = new(LogLevel.Error, LogFormat.Text);

    private readonly LogTarget _log = new();
    private readonly ProgramHost _program;
    private readonly List<string> _told = [];

    public ProgramHostTests() => _program = new ProgramHost(Errors, _log);

    [Fact]
    public async Task A_node_whose_actor_has_ended_is_told_to_stop_and_its_program_exits_3_with_one_line()
    {
        var node = AddNode();
        _program.Add(_ =>
        {
            _program.EndWith(node.Ended);
            var actor = TopActors.Of(node.System).Start(Props.Create(() => new Idle()), "one");
            node.System.Stop(actor);
            return Task.FromResult<IAsyncDisposable>(new Ending(() => _told.Add("stops")));
        });

        var end = await Assert.ThrowsAsync<ProgramException>(() => _program.RunAsync().WaitAsync(Patience));

        Assert.Equal(ExitCode.Unreachable, end.ExitCode);
        Assert.StartsWith("the actor /user/one has ended", end.Message, StringComparison.Ordinal);
        Assert.Equal(["stops"], _told);
    }

    [Fact]
    public async Task Parts_start_in_order_and_stop_the_other_way_round()
    {
        Add("first");
        Add("second");

        Assert.Equal(7, await _program.RunAsync(RunAsync).WaitAsync(Patience));

        Assert.Equal(["first", "second", "command", "second stops", "first stops"], _told);

        Task<int> RunAsync()
        {
            _told.Add("command");
            return Task.FromResult(7);
        }
    }

    [Fact]
    public async Task A_part_that_cannot_start_ends_the_program_and_those_before_it_stop()
    {
        Add("first");
        _program.Add(_ => throw new ProgramException(ExitCode.Usage, "why"));
        Add("third");

        var end = await Assert.ThrowsAsync<ProgramException>(() => _program.RunAsync().WaitAsync(Patience));

        Assert.Equal((ExitCode.Usage, "why"), (end.ExitCode, end.Message));
        Assert.Equal(["first", "first stops"], _told);
    }

    [Fact]
    public async Task A_program_that_must_end_while_a_part_starts_breaks_that_off_and_starts_no_other()
    {
        Add("first");
        _program.Add(async stopping =>
        {
            _program.End(ExitCode.Ok);
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping);
            throw new InvalidOperationException("it was not broken off");
        });
        Add("third");

        Assert.Equal(ExitCode.Ok, await _program.RunAsync().WaitAsync(Patience));

        Assert.Equal(["first", "first stops"], _told);
    }

    [Fact]
    public async Task The_first_reason_to_end_counts()
    {
        _program.Add(_ =>
        {
            _program.EndWith(Task.FromResult<string?>(null));
            return Task.FromResult<IAsyncDisposable>(new Ending(() => _program.End(ExitCode.Unreachable, "too late")));
        });

        Assert.Equal(ExitCode.Ok, await _program.RunAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task A_command_whose_part_cannot_continue_breaks_off_and_the_program_ends_with_the_parts_reason()
    {
        var end = await Assert.ThrowsAsync<ProgramException>(() => _program.RunAsync(RunAsync).WaitAsync(Patience));

        Assert.Equal((ExitCode.Unreachable, "why"), (end.ExitCode, end.Message));

        async Task<int> RunAsync()
        {
            _program.EndWith(Task.FromResult<string?>("why"));
            await Task.Delay(Timeout.InfiniteTimeSpan, _program.Ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Interrupted;
        }
    }

    [Theory]
    [InlineData(ExitCode.Ok)]
    [InlineData(ExitCode.JobsFailed)]
    [InlineData(ExitCode.Interrupted)]
    public async Task The_code_of_a_command_counts_though_a_signal_came_first(int code)
    {
        Assert.Equal(code, await _program.RunAsync(RunAsync).WaitAsync(Patience));

        Task<int> RunAsync()
        {
            _program.Interrupt();
            Assert.True(_program.Ending.IsCancellationRequested);
            return Task.FromResult(code);
        }
    }

    [Fact]
    public async Task A_parts_reason_counts_though_a_signal_came_first_and_the_command_had_done_all()
    {
        var end = await Assert.ThrowsAsync<ProgramException>(() => _program.RunAsync(RunAsync).WaitAsync(Patience));

        Assert.Equal((ExitCode.Unreachable, "why"), (end.ExitCode, end.Message));

        Task<int> RunAsync()
        {
            _program.Interrupt();
            _program.End(ExitCode.Unreachable, "why");
            return Task.FromResult(ExitCode.Ok);
        }
    }

    [Fact]
    public async Task A_command_that_is_broken_off_by_a_signal_and_gives_no_code_exits_130()
    {
        _program.Ready();

        Assert.Equal(ExitCode.Interrupted, await _program.RunAsync(RunAsync).WaitAsync(Patience));

        async Task<int> RunAsync()
        {
            _program.Interrupt();
            await Task.Delay(Timeout.InfiniteTimeSpan, _program.Ending);
            return ExitCode.Ok;
        }
    }

    [Fact]
    public async Task A_signal_before_the_command_begins_exits_130_with_one_line()
    {
        _program.Add(async stopping =>
        {
            _program.Interrupt();
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping);
            throw new InvalidOperationException("it was not broken off");
        });

        var end = await Assert.ThrowsAsync<ProgramException>(
            () => _program.RunAsync(() => throw new InvalidOperationException("it began")).WaitAsync(Patience));

        Assert.Equal((ExitCode.Interrupted, "interrupted before anything was sent"), (end.ExitCode, end.Message));
    }

    [Fact]
    public async Task A_signal_ends_a_program_that_serves_with_0()
    {
        Add("part");
        var running = _program.RunAsync();

        _program.Interrupt();

        Assert.Equal(ExitCode.Ok, await running.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_command_whose_actor_system_has_ended_exits_3_whatever_its_own_code()
    {
        var node = AddNode();
        _program.Add(_ =>
        {
            _program.EndWith(node.Ended);
            return Task.FromResult<IAsyncDisposable>(new Ending(() => _told.Add("stops")));
        });

        var end = await Assert.ThrowsAsync<ProgramException>(() => _program.RunAsync(RunAsync).WaitAsync(Patience));

        Assert.Equal(
            (ExitCode.Unreachable, "a part of this program has ended, and nobody told it to: start it again"), (end.ExitCode, end.Message));
        Assert.Equal(["stops"], _told);

        async Task<int> RunAsync()
        {
            await node.System.Terminate();
            await Task.Delay(Timeout.InfiniteTimeSpan, _program.Ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Ok;
        }
    }

    [Fact]
    public async Task A_part_that_has_failed_ends_the_program_with_3_and_the_faults_message()
    {
        Add("first");
        _program.EndWith(Task.FromException<string?>(new InvalidOperationException("why")));

        var end = await Assert.ThrowsAsync<ProgramException>(() => _program.RunAsync().WaitAsync(Patience));

        Assert.Equal(
            (ExitCode.Unreachable, "a part of this program has failed: System.InvalidOperationException: why"), (end.ExitCode, end.Message));
    }

    [Fact]
    public async Task Parts_that_fail_to_stop_keep_no_other_from_stopping_and_are_logged()
    {
        Add("first");
        AddFailing("cannot stop");
        Add("third");
        AddFailing("nor can this");

        var end = await Assert.ThrowsAsync<ProgramException>(() => _program.RunAsync(() => Task.FromResult(ExitCode.Ok)).WaitAsync(Patience));

        Assert.Equal(ExitCode.Unreachable, end.ExitCode);
        Assert.StartsWith("a part of this program did not stop in order: ", end.Message, StringComparison.Ordinal);
        Assert.Equal(["first", "third", "third stops", "first stops"], _told);
        var line = await _log.First.WaitAsync(Patience);
        Assert.Contains("cannot stop", line, StringComparison.Ordinal);
        Assert.Contains("nor can this", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_fails_to_stop_is_logged_and_does_not_hide_why_another_could_not_start()
    {
        AddFailing("cannot stop");
        _program.Add(_ => throw new ProgramException(ExitCode.Usage, "why"));

        var end = await Assert.ThrowsAsync<ProgramException>(() => _program.RunAsync().WaitAsync(Patience));

        Assert.Equal((ExitCode.Usage, "why"), (end.ExitCode, end.Message));
        var line = await _log.First.WaitAsync(Patience);
        Assert.Contains("did not stop in order: System.InvalidOperationException: cannot stop", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("why")]
    [InlineData("")]
    public async Task A_part_that_fails_to_stop_does_not_hide_the_reason_to_end_nor_the_commands_code(string why)
    {
        AddFailing("cannot stop");
        var running = _program.RunAsync(() =>
        {
            _program.End(ExitCode.JobsFailed, why);
            return Task.FromResult(ExitCode.Ok);
        }).WaitAsync(Patience);

        var code = why.Length == 0 ? await running : (await Assert.ThrowsAsync<ProgramException>(() => running)).ExitCode;

        Assert.Equal(ExitCode.JobsFailed, code);
        Assert.Contains("cannot stop", await _log.First.WaitAsync(Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_are_read_again_are_used_at_once_or_named_and_wrong_ones_change_nothing()
    {
        var written = new StringWriter();
        var next = new Queue<Func<Config>>(
        [
            () => throw new SettingsException(["a is wrong", "b is wrong"]),
            () => throw new InvalidOperationException("a bug"),
            () => Read(LogLevel.Warning, port: 2),
            () => Read(LogLevel.Warning, port: 2),
            () => Read(LogLevel.Info, port: 1),
            () => Read(LogLevel.Info, port: 1),
        ]);
        var program = new ProgramHost(new LogSettings(LogLevel.Info, LogFormat.Text), written)
        {
            Reload = new SettingsReload(Read(LogLevel.Info, port: 1), () => next.Dequeue()()),
        };
        program.Ready();
        while (next.Count > 0)
        {
            program.HungUp();
        }

        program.End(ExitCode.Ok);
        await program.RunAsync().WaitAsync(Patience);

        const string Stay = "error: the settings were read again, and those in use stay: ";
        const string Restart = "warn: the setting akkalb.port has changed: this program uses the new value when it is started again";
        Assert.Equal(
            [
                Stay + "a is wrong", Stay + "b is wrong", Stay + "System.InvalidOperationException: a bug",
                "info: the log's level is warning from now on, and its format text", Restart, Restart,
                "info: the log's level is info from now on, and its format text", "info: the settings were read again: nothing has changed",
            ],
            written.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)[1]));

        static Config Read(LogLevel level, int port) =>
            ConfigurationFactory.ParseString($"akkalb {{ port = {port}, log {{ level = {level.ToString().ToLowerInvariant()}, format = text }} }}");
    }

    [Fact]
    public async Task What_akka_and_its_actors_log_follows_the_level_that_is_set_later()
    {
        var node = AddNode();
        _program.Ready();
        await _program.RunAsync(RunAsync).WaitAsync(Patience);

        async Task<int> RunAsync()
        {
            // Made at the start, when only errors were wanted.
            var log = Logging.GetLogger(node.System, "early");
            var actor = node.System.ActorOf(Props.Create(() => new Told(log)));
            await actor.Ask<string>("first", Patience);
            _program.Log.Settings = new LogSettings(LogLevel.Debug, LogFormat.Text);
            using var bound = new CancellationTokenSource(Patience);
            while (!_log.Lines.Any(line => line.EndsWith("debug: second", StringComparison.Ordinal)))
            {
                Assert.False(bound.IsCancellationRequested, "it was never written");
                await actor.Ask<string>("second", Patience);
            }

            Assert.DoesNotContain(_log.Lines, line => line.EndsWith("debug: first", StringComparison.Ordinal));
            return ExitCode.Ok;
        }
    }

    private NodePart AddNode() => _program.Add(new NodePart(
        _program, new CommonSettings("127.0.0.1", 0, null, TimeSpan.FromSeconds(2)) { Log = Errors }, Config.Empty, UserMessages.None));

    private void AddFailing(string why) =>
        _program.Add(_ => Task.FromResult<IAsyncDisposable>(new Ending(() => throw new InvalidOperationException(why))));

    private void Add(string name) => _program.Add(_ =>
    {
        _told.Add(name);
        return Task.FromResult<IAsyncDisposable>(new Ending(() => _told.Add($"{name} stops")));
    });

    private sealed class Ending(Action end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            end();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Keeps the lines of a log.</summary>
    private sealed class LogTarget : StringWriter
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> First => _first.Task;

        public ConcurrentQueue<string> Lines { get; } = new();

        public override void WriteLine(string? value)
        {
            Lines.Enqueue(value!);
            _first.TrySetResult(value!);
        }
    }

    private sealed class Idle : ReceiveActor;

    private sealed class Told : ReceiveActor
    {
        public Told(ILoggingAdapter log) => Receive<string>(text =>
        {
            log.Debug(text);
            Sender.Tell(text);
        });
    }
}
