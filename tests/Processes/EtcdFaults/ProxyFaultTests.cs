using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>A network between the balancer and etcd that swallows everything.</summary>
public sealed class ProxyFaultTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_balancer_whose_only_etcd_never_answers_does_not_start_and_says_so_in_one_line()
    {
        await using var proxy = new FaultyProxy(FreePorts.Take());
        proxy.Silence();
        await using var balancer = NodeProcess.Balancer("--policy", "round-robin", "--port", "0", "--etcd", proxy.Endpoint, "--wait", "0");

        var ending = await balancer.EndedAsync();

        output.WriteLine($"{proxy.Accepted} connections accepted; {ending}");
        Assert.Equal(3, ending.ExitCode);
        Assert.Empty(ending.Output);
        Assert.Equal($"AkkaLb.Balancer: etcd at {proxy.Endpoint} did not answer within 2 s: check --etcd, and that etcd is running",
            Assert.Single(ending.Error));
        Assert.True(proxy.Accepted >= 1, "nobody was asked");
    }
}
