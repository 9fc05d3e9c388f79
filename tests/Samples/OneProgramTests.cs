using AkkaLb.Packages;
using AkkaLb.Tests.Support;

namespace AkkaLb.Samples.Tests;

/// <summary>Samples that need no other sample.</summary>
public sealed class OneProgramTests
{
    [Fact]
    public async Task Two_services_of_one_process_are_asked_by_one_client()
    {
        await using var both = Sample.StartHost("TwoServices");
        await both.WaitForLineAsync("Hello, Ada!");
        await both.WaitForLineAsync("Intro: 20 frames");
        await Sample.TerminateAsync(both);
    }

    [Fact]
    public async Task The_demo_counts_the_words_of_a_file_while_a_worker_is_killed()
    {
        await using var demo = Sample.StartDemo(Path.Combine(Repository.Root, "docs", "glossary.md"));
        var ending = await demo.EndedAsync(TimeSpan.FromMinutes(2));
        Assert.True(ending.ExitCode == 0, ending.ToString());
        Assert.Contains(ending.Output, line => line.EndsWith(" words: the same as counted here in one process", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_greeter_is_a_worker_by_its_own_program_and_answers_by_its_own_client()
    {
        await using var balancer = Sample.Balancer();
        var address = await balancer.AddressAsync();
        await using var worker = Sample.Start("GreeterWorker", "worker", "--id", "greeter", "--balancer", address);
        await worker.WaitForLineAsync("ready worker greeter ");
        await using var client = Sample.Start("GreeterWorker", "ask", "World", "--balancer", address);
        var ending = await client.EndedAsync();
        Assert.True(ending is { ExitCode: 0, Output: ["Hello, World!"], Error: [] }, ending.ToString());
        await Sample.TerminateAsync(worker, balancer);
    }
}
