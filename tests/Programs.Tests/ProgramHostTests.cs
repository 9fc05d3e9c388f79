using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Messages;
using AkkaLb.Programs.Logs;
using AkkaLb.Programs.Settings;
using AkkaLb.Remoting;

namespace AkkaLb.Programs.Tests;

/// <summary>Programs in this process.</summary>
public sealed class ProgramHostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly LogSettings Errors = new(LogLevel.Error, LogFormat.Text);

    private readonly ProgramHost _program = new(Errors);
    private readonly List<string> _told = [];

    [Fact]
    public async Task A_node_whose_actor_has_ended_is_told_to_stop_and_its_program_exits_3_with_one_line()
    {
        var node = _program.Add(new NodePart(
            _program, new CommonSettings("127.0.0.1", 0, null, TimeSpan.FromSeconds(2)) { Log = Errors }, Config.Empty, UserMessages.None));
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

    private sealed class Idle : ReceiveActor;
}
