using Akka.Actor;
using Akka.TestKit.Xunit2;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.Worker.Tests;

/// <summary>In real time: the probe waits at the edge of the program.</summary>
public class BalancerProbeTests() : TestKit(SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka.loglevel = ERROR"), SystemConfig.SystemName)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Address Here => ((ExtendedActorSystem)Sys).Provider.DefaultAddress;

    [Fact]
    public async Task The_first_balancer_that_answers_is_taken()
    {
        Sys.ActorOf<BlackHoleActor>("balancer");
        Assert.Equal(Here, await Find(new Directory([NodeAddress.Of("127.0.0.1", 1), Here]), Patience));
    }

    [Fact]
    public async Task With_none_it_says_what_was_tried_for_how_long_and_what_to_do()
    {
        var e = await Assert.ThrowsAsync<WorkerStartException>(
            () => Find(new Directory([NodeAddress.Of("127.0.0.1", 1)]), TimeSpan.FromMilliseconds(100)));
        Assert.Equal("no balancer answers at 127.0.0.1:1 (waited 0.1 s): start the balancer first, or check the list", e.Message);
    }

    [Fact]
    public async Task A_node_without_a_balancer_that_says_so_at_once_is_not_asked_without_pause()
    {
        var addresses = new CountedRounds([Here]);
        await Assert.ThrowsAsync<WorkerStartException>(
            () => Find(new Directory(addresses), TimeSpan.FromMilliseconds(300)));

        // A round reads them twice and pauses for 100 ms; without a pause there would be hundreds.
        Assert.InRange(addresses.Rounds, 2, 50);
    }

    [Fact]
    public async Task A_balancer_that_registers_later_is_found()
    {
        Sys.ActorOf<BlackHoleActor>("balancer");
        var directory = new Directory([]);
        var finding = Find(directory, Patience);
        directory.Tell(new Watched<Address>.Down("etcd does not answer", IsRefused: false));
        directory.Tell(new Watched<Address>.Known(0, [Here]));
        Assert.Equal(Here, await finding);
    }

    [Fact]
    public async Task A_balancer_that_starts_later_is_found()
    {
        var finding = Find(new Directory([Here]), Patience);
        Sys.ActorOf<BlackHoleActor>("balancer");
        Assert.Equal(Here, await finding);
    }

    [Fact]
    public async Task Told_to_stop_it_finds_nobody()
    {
        using var stopping = new CancellationTokenSource();
        var finding = Find(new Directory([]), Patience, stopping.Token);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => finding);
    }

    [Fact]
    public async Task A_directory_that_refuses_ends_the_search_and_one_that_is_away_does_not()
    {
        var e = await Assert.ThrowsAsync<WorkerStartException>(
            () => Find(new Directory([]) { Fault = new Watched<Address>.Down("no permission", IsRefused: true) }, Patience));
        Assert.Equal("no permission", e.Message);
        var away = new Directory([]) { Fault = new Watched<Address>.Down("etcd does not answer", IsRefused: false) };
        e = await Assert.ThrowsAsync<WorkerStartException>(
            () => Find(away, TimeSpan.FromMilliseconds(100)));
        Assert.StartsWith("etcd does not answer (waited 0.1 s)", e.Message, StringComparison.Ordinal);
    }

    private Task<Address> Find(IBalancerDirectory directory, TimeSpan wait, CancellationToken stopping = default) =>
        BalancerProbe.FindAsync(Sys, directory, wait, waiting: null, _ => "the list", stopping);

    private sealed class BlackHoleActor : ReceiveActor;

    private sealed class Directory(IReadOnlyList<Address> addresses) : IBalancerDirectory, IAsyncDisposable
    {
        private Action<Watched<Address>> _tell = _ => { };

        public bool IsInOrder => false;

        /// <summary>Told in place of the addresses.</summary>
        public Watched<Address>? Fault { get; init; }

        public IAsyncDisposable Subscribe(Action<Watched<Address>> tell)
        {
            _tell = tell;
            Tell(Fault ?? new Watched<Address>.Known(0, addresses));
            return this;
        }

        public void Tell(Watched<Address> news) => _tell(news);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Counts how often it is gone through.</summary>
    private sealed class CountedRounds(IReadOnlyList<Address> addresses) : IReadOnlyList<Address>
    {
        public int Rounds { get; private set; }

        public int Count => addresses.Count;

        public Address this[int index] => addresses[index];

        public IEnumerator<Address> GetEnumerator()
        {
            Rounds++;
            return addresses.GetEnumerator();
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
