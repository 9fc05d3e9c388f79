using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Messages;
using AkkaLb.Programs.Logs;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Programs.Tests;

/// <summary>A node in this process.</summary>
public sealed class NodeHostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_node_whose_actor_has_ended_is_told_to_stop_and_its_program_exits_3_with_one_line()
    {
        await using var node = await StartAsync();
        Assert.Equal(ExitCode.Ok, node.Outcome());
        var actor = node.Start(Props.Create(() => new Idle()), "one");
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = node.Stopping.Register(told.SetResult);

        node.System.Stop(actor);

        await told.Task.WaitAsync(Patience);
        var end = Assert.Throws<ProgramException>(() => node.Outcome());
        Assert.Equal(ExitCode.Unreachable, end.ExitCode);
        Assert.StartsWith("the actor /user/one has ended", end.Message, StringComparison.Ordinal);
    }

    private static Task<NodeHost> StartAsync() => NodeHost.StartAsync(
        new CommonSettings("127.0.0.1", 0, null, TimeSpan.FromSeconds(2)) { Log = new LogSettings(
            LogLevel.Error, LogFormat.Text) }, Config.Empty, UserMessages.None);

    private sealed class Idle : ReceiveActor;
}
