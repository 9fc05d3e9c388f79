using AkkaLb.Core.Policies;
using AkkaLb.Processes.Harness;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>The question for the policy, on a terminal that <c>script</c> of util-linux makes.</summary>
public sealed class PolicyPromptTests(ITestOutputHelper output)
{
    private const string Down = "\e[B";
    private const string Enter = "\r";
    private const string ControlC = "\x03";
    private const string ShowCursor = "\e[?25h";

    [Fact]
    public async Task Balancer_on_a_terminal_shows_the_policies_and_takes_the_chosen_one()
    {
        await using var terminal = OnTerminal($"dotnet exec {NodeProcess.AssemblyPath("AkkaLb.Balancer")} --port 0");
        foreach (var policy in Policy.All)
        {
            await PrintedAsync(terminal, policy.Name);
        }

        await terminal.TypeAsync(Down);
        await PrintedAsync(terminal, "> pick-first");
        await terminal.TypeAsync(Enter);
        var ready = await PrintedAsync(terminal, "ready balancer akka.tcp://AkkaLb@127.0.0.1:");
        Assert.Contains("policy=pick-first registry=embedded", ready.Text, StringComparison.Ordinal);

        await terminal.TypeAsync(ControlC);
        var ending = await terminal.EndedAsync();
        output.WriteLine(ending.ToString());
        Assert.Equal(0, ending.ExitCode);
    }

    [Fact]
    public async Task Control_C_at_the_question_ends_the_balancer_and_gives_the_cursor_back()
    {
        await using var terminal = OnTerminal($"dotnet exec {NodeProcess.AssemblyPath("AkkaLb.Balancer")} --port 0");
        await PrintedAsync(terminal, "> round-robin");

        await terminal.TypeAsync(ControlC);

        var ending = await terminal.EndedAsync();
        output.WriteLine(ending.ToString());
        Assert.Equal(130, ending.ExitCode);
        Assert.Contains(ending.Output, l => l.Contains(ShowCursor, StringComparison.Ordinal));
        Assert.DoesNotContain(ending.Output, l => StackTraces.IsLine(l) || l.Contains("ready", StringComparison.Ordinal));
    }

    private static NodeProcess OnTerminal(string command) =>
        NodeProcess.Start("/bin/sh", "-c", $"TERM=xterm exec script -qec \"stty cols 200; exec {command}\" /dev/null");

    private static async Task<OutputLine> PrintedAsync(NodeProcess terminal, string text)
    {
        var line = terminal.Output.FirstAsync(l => l.Contains(text, StringComparison.Ordinal));
        if (await Task.WhenAny(line, terminal.Ended).WaitAsync(NodeProcess.Bound) == terminal.Ended && !line.IsCompleted)
        {
            Assert.Fail($"ended before it printed '{text}': {await terminal.Ended}");
        }

        return await line;
    }
}
