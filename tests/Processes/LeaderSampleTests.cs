using System.Globalization;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>The sample that uses the two libraries on etcd without AkkaLb.</summary>
public sealed class LeaderSampleTests(ITestOutputHelper output)
{
    [Fact]
    public async Task One_leads_at_a_time_and_when_it_is_killed_the_other_takes_over_with_a_higher_token()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var first = Start("a", etcd);
        var led = Token(await first.WaitForLineAsync("1 here, a leads with token "));
        await using var second = Start("b", etcd);
        await second.WaitForLineAsync("2 here, another leads");
        await first.WaitForLineAsync("2 here, a leads with token ");

        first.Signal(Signals.Kill);
        var leads = Token(await second.WaitForLineAsync("2 here, b leads with token ", TimeSpan.FromSeconds(60)));
        await second.WaitForLineAsync("1 here, b leads with token ", TimeSpan.FromSeconds(60));
        second.Signal(Signals.Interrupt);
        var ending = await second.EndedAsync();

        output.WriteLine($"tokens {led} and {leads}");
        Assert.True(leads > led);
        Assert.True(ending is { ExitCode: 0, Error.Count: 0 }, ending.ToString());
        Assert.Equal("", await etcd.Etcdctl("get", "--prefix", "/akka/leases/", "--keys-only"));
    }

    private static NodeProcess Start(string name, EtcdProcess etcd) => NodeProcess.Program("AkkaLb.Samples.Leader", [name, etcd.Endpoint]);

    private static long Token(OutputLine line) => long.Parse(line.Text.Split(' ')[^1], CultureInfo.InvariantCulture);
}
