using Akka.Actor;
using Akka.TestKit.Xunit2;
using AkkaLb.Registry;

namespace AkkaLb.Worker.Tests;

public class BalancedWorkerOptionsTests : TestKit
{
    private static readonly BalancedWorkerOptions Fit = BalancedWorkerOptions.To("w1", "127.0.0.1:4053");

    [Fact]
    public void The_defaults_are_those_of_the_program()
    {
        Assert.Equal((64, 64, 16), (Fit.Gate.Capacity, Fit.Gate.Instances, Fit.Gate.Queue));
        Assert.Equal(
            (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60), TimeSpan.Zero),
            (Fit.Registration.Ttl, Fit.Registration.KeepAliveInterval, Fit.Registration.Wait, Fit.Registration.UnableTimeout,
                Fit.Registration.UnregisteredTimeout));
    }

    [Fact]
    public async Task All_that_is_unfit_is_named_and_nothing_is_started()
    {
        var e = await Assert.ThrowsAsync<ArgumentException>(() => BalancedWorker.StartAsync(
            Sys, Props.Empty, Fit with { Id = "a b", Service = "", Zone = "z z", Speed = 0, DrainTimeout = TimeSpan.FromSeconds(-1) }));
        Assert.All(
            ["Id \"a b\"", "Service \"\"", "Zone \"z z\"", "Speed 0", "DrainTimeout"],
            part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
        Assert.Contains(
            "characters together", Thrown(Fit with { Service = new string('s', 64), Id = new string('i', 64) }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_actor_system_lacks_is_named()
    {
        var e = await Assert.ThrowsAsync<ArgumentException>(() => BalancedWorker.StartAsync(Sys, Props.Empty, Fit));
        Assert.All(["a worker", "no remoting", "HostSystem.Needs"], part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_balancer_that_cannot_be_read_is_refused()
    {
        var e = Assert.Throws<ArgumentException>(() => BalancedWorkerOptions.To("w1", "here"));
        Assert.StartsWith("\"here\" is neither host:port nor akka.tcp:", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Times_that_end_the_lease_between_two_heartbeats_are_refused() => Assert.Contains(
        "at most a third", Thrown(Fit with { Registration = Fit.Registration with { KeepAliveInterval = TimeSpan.FromSeconds(2) } }),
        StringComparison.Ordinal);

    private static string Thrown(BalancedWorkerOptions options) => Assert.Throws<ArgumentException>(options.ThrowIfUnfit).Message;
}
