using AkkaLb.Tests.Support;

namespace AkkaLb.Samples.Tests;

/// <summary>What is missing is said in a line, and in no stack trace.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("ConsoleClient")]
    [InlineData("ConsoleClient", "127.0.0.1:4053")]
    [InlineData("Archive", "get")]
    [InlineData("ClusterApp", "--id", "a", "--port", "4100", "--seed", "4100")]
    [InlineData("ClusterApp", "--port", "4100", "--seed", "4100", "--ConnectionStrings:shop", "127.0.0.1:4053")]
    [InlineData("ClusterApp", "--id", "a", "--seed", "4100", "--ConnectionStrings:shop", "127.0.0.1:4053")]
    [InlineData("ClusterApp", "--id", "a", "--port", "4100", "--ConnectionStrings:shop", "127.0.0.1:4053")]
    [InlineData("PlainCluster", "4071")]
    [InlineData("PlainCluster", "4071", "4071", "--transport", "udp")]
    public async Task A_sample_without_what_it_needs_says_how_it_is_used(string sample, params string[] arguments)
    {
        await using var process = Sample.Start(sample, arguments);
        var ending = await process.EndedAsync();
        Assert.True(ending is { ExitCode: 2, Output: [], Error: [var line] } && line.StartsWith("usage: ", StringComparison.Ordinal), $"{ending}");
    }

    [Theory]
    [InlineData("ConsoleClient")]
    [InlineData("Archive", "get")]
    public async Task A_client_without_a_balancer_says_so(string sample, params string[] arguments)
    {
        await using var process = Sample.Start(sample, [.. arguments, $"127.0.0.1:{FreePorts.Take()}", "Intro"]);
        var ending = await process.EndedAsync();
        Assert.True(ending is { ExitCode: 1, Output: [], Error: [_] }, $"{ending}");
    }
}
