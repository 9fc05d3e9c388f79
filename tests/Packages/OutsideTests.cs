using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Packages;

/// <summary>Applications that have nothing of this repository but the packages, with a balancer that was built here.</summary>
[Collection(Feed.Name)]
public sealed class OutsideTests(Feed feed, OutsideSolution shop, ITestOutputHelper output) : IClassFixture<OutsideSolution>
{
    private const string Listening = "      Now listening on: ";

    [Fact]
    public void A_solution_elsewhere_builds_from_the_packages_without_a_warning()
    {
        // A warning would have failed the build.
        var unpacked = Directory.GetDirectories(shop.Unpacked, "akkalb.*").ToDictionary(folder => Path.GetFileName(folder)!);
        Assert.Contains("akkalb.client", unpacked.Keys);
        Assert.Contains("akkalb.hosting", unpacked.Keys);
        Assert.Contains("akkalb.testing", unpacked.Keys);
        Assert.All(unpacked.Values, folder => Assert.Equal(feed.Version, Path.GetFileName(Assert.Single(Directory.GetDirectories(folder)))));
    }

    [Fact]
    public Task A_test_of_its_own_actor_as_a_worker_passes_there() => shop.TestAsync();

    [Fact]
    public async Task A_worker_a_client_and_a_web_application_of_the_packages_do_their_jobs_and_end_in_order()
    {
        await using var balancer = NodeProcess.Balancer("--port", "0", "--policy", "round-robin");
        var address = (await balancer.WaitForLineAsync("ready balancer ")).Text.Split(' ')[2].Split('@')[1];
        await using var worker = shop.Start("Worker", "--balancer", address, "--contentRoot", feed.Workshop);

        await using var client = shop.Start("Client", address, "Ada");
        var asked = await client.EndedAsync();
        Assert.True(asked is { ExitCode: 0, Output: ["Hello, Ada!"], Error: [] }, asked.ToString());

        await using var api = shop.Start("Api", "--ConnectionStrings:shop", address, "--urls", "http://127.0.0.1:0", "--contentRoot", feed.Workshop);
        var site = new Uri((await api.WaitForLineAsync(Listening)).Text[Listening.Length..]);
        using var http = new HttpClient { Timeout = NodeProcess.Bound };
        Assert.Equal("Hello, Bob!", await http.GetStringAsync(new Uri(site, "/greet/Bob")));
        Assert.Equal("Healthy", await http.GetStringAsync(new Uri(site, "/health")));

        foreach (var process in new[] { api, worker, balancer })
        {
            process.Signal(Signals.Terminate);
            var ending = await process.EndedAsync();
            output.WriteLine(process.Describe());
            Assert.True(ending.ExitCode == 0, ending.ToString());
        }
    }
}
