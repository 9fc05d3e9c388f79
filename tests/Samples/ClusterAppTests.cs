using System.Globalization;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;

namespace AkkaLb.Samples.Tests;

/// <summary>A cluster that was there before, with workers and clients in its nodes.</summary>
public sealed class ClusterAppTests
{
    [Fact]
    public async Task Orders_go_to_the_clusters_own_singleton_and_greetings_to_a_worker_in_one_of_its_nodes()
    {
        await using var balancer = Sample.Balancer();
        var address = await balancer.AddressAsync();
        var seed = FreePorts.Take();
        await using var first = Start("a", seed, seed, address);
        await first.WaitForLineAsync("order 1: Dear a");
        await using var second = Start("b", FreePorts.Take(), seed, address);
        await second.WaitForLineAsync("order 2: Dear b");
        await Sample.TerminateAsync(first, second, balancer);
    }

    private static NodeProcess Start(string id, int port, int seed, string balancer) => Sample.StartHost(
        "ClusterApp", "--id", id, "--port", Invariant(port), "--seed", Invariant(seed), "--ConnectionStrings:shop", balancer);

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);
}
