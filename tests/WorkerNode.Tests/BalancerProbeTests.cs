using Akka.Actor;
using Akka.TestKit.Xunit2;
using AkkaLb.Hosting;
using AkkaLb.Messages;
using AkkaLb.Registry;

namespace AkkaLb.WorkerNode.Tests;

/// <summary>In real time: the probe waits at the edge of the program.</summary>
public class BalancerProbeTests() : TestKit(SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka.loglevel = ERROR"), SystemConfig.SystemName)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Address Here => ((ExtendedActorSystem)Sys).Provider.DefaultAddress;

    [Fact]
    public async Task The_first_balancer_that_answers_is_taken()
    {
        Sys.ActorOf<BlackHoleActor>("balancer");
        Assert.Equal(Here, await BalancerProbe.FindAsync(Sys, new Directory([NodeAddress.Of("127.0.0.1", 1), Here]), Patience, default));
    }

    [Fact]
    public async Task With_none_it_says_what_was_tried_for_how_long_and_what_to_do()
    {
        var e = await Assert.ThrowsAsync<ProgramException>(
            () => BalancerProbe.FindAsync(Sys, new Directory([NodeAddress.Of("127.0.0.1", 1)]), TimeSpan.FromMilliseconds(100), default));
        Assert.Equal(ExitCode.Unreachable, e.ExitCode);
        Assert.Equal("no balancer answers at 127.0.0.1:1 (waited 0.1 s): start the balancer first, or check --balancer and --etcd", e.Message);
    }

    [Fact]
    public async Task A_node_without_a_balancer_that_says_so_at_once_is_not_asked_without_pause()
    {
        var directory = new Directory([Here]);
        await Assert.ThrowsAsync<ProgramException>(() => BalancerProbe.FindAsync(Sys, directory, TimeSpan.FromMilliseconds(300), default));
        Assert.InRange(directory.Readings, 1, 4);
    }

    [Fact]
    public async Task A_balancer_that_starts_later_is_found()
    {
        var finding = BalancerProbe.FindAsync(Sys, new Directory([Here]), Patience, default);
        Sys.ActorOf<BlackHoleActor>("balancer");
        Assert.Equal(Here, await finding);
    }

    [Fact]
    public async Task Told_to_stop_it_finds_nobody()
    {
        using var stopping = new CancellationTokenSource();
        var finding = BalancerProbe.FindAsync(Sys, new Directory([]), Patience, stopping.Token);
        await stopping.CancelAsync();
        Assert.Null(await finding);
    }

    [Fact]
    public async Task A_directory_that_refuses_ends_the_search_and_one_that_is_away_does_not()
    {
        var e = await Assert.ThrowsAsync<ProgramException>(
            () => BalancerProbe.FindAsync(Sys, new Directory([]) { Fault = new RegistryRefusedException("no permission") }, Patience, default));
        Assert.Equal("no permission", e.Message);
        var away = new Directory([]) { Fault = new RegistryUnavailableException("etcd does not answer") };
        e = await Assert.ThrowsAsync<ProgramException>(() => BalancerProbe.FindAsync(Sys, away, TimeSpan.FromMilliseconds(100), default));
        Assert.StartsWith("etcd does not answer (waited 0.1 s)", e.Message, StringComparison.Ordinal);
    }

    private sealed class BlackHoleActor : ReceiveActor;

    private sealed class Directory(IReadOnlyList<Address> addresses) : IBalancerDirectory
    {
        public bool CanChange => true;

        public Exception? Fault { get; init; }

        public int Readings { get; private set; }

        public Task<IReadOnlyList<Address>> ReadAsync(CancellationToken cancellationToken)
        {
            Readings++;
            return Fault is { } fault ? Task.FromException<IReadOnlyList<Address>>(fault) : Task.FromResult(addresses);
        }
    }
}
