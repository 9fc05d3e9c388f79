using Akka.Actor;
using Akka.Cluster;
using AkkaLb.Clusters;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clusters;
using AkkaLb.Core.Policies;
using AkkaLb.Etcd;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;
using AkkaLb.Remoting;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Balancer.Tests;

/// <summary>Several balancers' parts in a cluster in one process, over loopback and a real etcd.</summary>
public sealed class ClusterNodeTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly ClusterSettings Settings = new(
        TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(45));

    private static readonly Akka.Configuration.Config Defaults =
        AkkaLb.Programs.Settings.SettingsLoader.ReadDefaults(typeof(BalancerSettings).Assembly, "balancer.hocon");

    private readonly List<Node> _nodes = [];
    private EtcdProcess _etcd = null!;

    public async Task InitializeAsync() => _etcd = await EtcdProcess.StartAsync();

    public async Task DisposeAsync()
    {
        await CrashAllAsync();
        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_that_start_at_the_same_moment_form_one_cluster_each_time()
    {
        for (var round = 0; round < 4; round++)
        {
            var nodes = Enumerable.Range(0, 3).Select(i => Start($"/round{round}", $"b{i}")).ToList();
            await Task.WhenAll(nodes.Select(n => n.Member.Ready)).WaitAsync(Bound);

            var members = nodes.Select(n => Cluster.Get(n.System).SelfAddress).Order(Akka.Cluster.Member.AddressOrdering).ToList();
            foreach (var node in nodes)
            {
                await UntilAsync(() => Cluster.Get(node.System).State.Members.Count(m => m.Status == MemberStatus.Up) == 3);
                Assert.Equal(members, Cluster.Get(node.System).State.Members.Select(m => m.Address).Order(Akka.Cluster.Member.AddressOrdering));
            }

            await Task.WhenAll(nodes.Select(n => n.System.Terminate()));
        }
    }

    [Fact]
    public async Task When_the_node_that_decides_leaves_another_decides_under_a_later_term()
    {
        var nodes = Enumerable.Range(0, 2).Select(i => Start("/leaving", $"b{i}")).ToList();
        var first = await DecidingAsync(nodes);

        await CoordinatedShutdown.Get(first.Node.System).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Bound);

        var second = await DecidingAsync([.. nodes.Where(n => n != first.Node)]);
        Assert.True(second.Term > first.Term, $"term {second.Term} after {first.Term}");
    }

    [Theory]
    [InlineData("/user/balancer")]
    [InlineData("/user/deciding")]
    [InlineData("/user/deciding-proxy")]
    public async Task The_end_of_an_actor_that_a_cluster_needs_ends_its_program(string actor)
    {
        var node = Start("/ended", "b1");
        await node.Member.Ready.WaitAsync(Bound);

        node.System.ActorSelection(actor).Tell(PoisonPill.Instance);

        Assert.StartsWith($"the actor {actor} has ended", await TopActors.Of(node.System).Ended.WaitAsync(Bound), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/quoted\"and\\escaped")]
    [InlineData("/${akka}#{")]
    public async Task Any_prefix_that_etcd_may_have_is_one_to_decide_under(string prefix)
    {
        var node = Start(prefix, "b1");

        await DecidingAsync([node]);

        Assert.Contains($"\n{prefix}/leases/", "\n" + await _etcd.Etcdctl("get", "--prefix", "/", "--keys-only"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_with_another_policy_is_not_let_in_and_told_why()
    {
        var first = Start("/policies", "b1");
        await first.Member.Ready.WaitAsync(Bound);

        var other = Start("/policies", "b2", Policy.LeastLoad);

        Assert.StartsWith("the balancers of this cluster have the policy pick-first, this one least-load", await other.Member.Ended.WaitAsync(Bound),
            StringComparison.Ordinal);
        Assert.False(other.Member.Ready.IsCompleted);
    }

    [Theory]
    [InlineData(Loss.Deleted)]
    [InlineData(Loss.Emptied)]
    [InlineData(Loss.BackToAnEarlierCluster)]
    public async Task A_cluster_continues_when_etcd_has_lost_what_it_held_and_lets_others_in(Loss loss)
    {
        const string prefix = "/lost";
        await using var observer = new EtcdClusterRegistry(EtcdAt(prefix), "observer", Settings.LeaseTtl, TimeProvider.System);
        if (loss == Loss.BackToAnEarlierCluster)
        {
            var former = Start(prefix, "b0");
            await former.Member.Ready.WaitAsync(Bound);
        }

        var backup = await _etcd.BackUpAsync();
        await CrashAllAsync();
        await _etcd.SpendRevisionsAsync(20);
        var nodes = Enumerable.Range(0, 2).Select(i => Start(prefix, $"b{i}")).ToList();
        await Task.WhenAll(nodes.Select(n => n.Member.Ready)).WaitAsync(Bound);
        var (before, decided) = (await observer.ReadAsync(default), await DecidingAsync(nodes));

        await LoseAsync(loss, prefix, backup);

        var after = await StandingAsync(observer, count: 2);
        Assert.NotEqual(before.Generation, after.Generation);
        Assert.Equal(before.Entries.Select(e => e.Node).ToHashSet(), after.Entries.Select(e => e.Node).ToHashSet());
        nodes.Add(Start(prefix, "b2"));
        await nodes[2].Member.Ready.WaitAsync(Bound);
        await StandingAsync(observer, count: 3);
        await UntilAsync(() => nodes.TrueForAll(n => Cluster.Get(n.System).State.Members.Count(m => m.Status == MemberStatus.Up) == 3));
        Assert.Equal(decided.Node, (await DecidingAsync(nodes)).Node);
        Assert.All(nodes, n => Assert.False(n.Member.Ended.IsCompleted));
    }

    [Fact]
    public async Task A_node_whose_entry_cannot_be_withdrawn_in_time_leaves_all_the_same()
    {
        await using var registry = new StuckRegistry();
        var node = Start("/stuck", "b1", registry: registry);
        await registry.Reading.WaitAsync(Bound);

        await node.Member.WithdrawAsync(TimeSpan.FromMilliseconds(1)).WaitAsync(Bound);

        Assert.False(registry.IsWithdrawn);
    }

    public enum Loss
    {
        Deleted,
        Emptied,
        BackToAnEarlierCluster,
    }

    /// <summary>Nothing is given back: their entries stay until the leases run out.</summary>
    private async Task CrashAllAsync()
    {
        foreach (var node in _nodes)
        {
            await node.System.Terminate();
            await node.Registry.DisposeAsync();
        }

        _nodes.Clear();
    }

    private async Task LoseAsync(Loss loss, string prefix, string backup)
    {
        if (loss == Loss.Deleted)
        {
            await _etcd.Etcdctl("del", "--prefix", prefix + "/");
            return;
        }

        await _etcd.RestoreAsync(backup);
        await _etcd.RestartAsync();
    }

    /// <summary>Waits until so many entries stand, all under the registry's generation.</summary>
    private static async Task<ClusterSight> StandingAsync(EtcdClusterRegistry observer, int count)
    {
        using var end = new CancellationTokenSource(Bound);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                var sight = await observer.ReadAsync(end.Token);
                if (sight.Forming is null && sight.Entries.Count == count && sight.Entries.All(e => e.Generation == sight.Generation))
                {
                    return sight;
                }
            }
            catch (RegistryUnavailableException)
            {
                // etcd was away a moment ago.
            }

            await timer.WaitForNextTickAsync(end.Token);
        }
    }

    /// <summary>The node that decides, by what the fronts say, and its term.</summary>
    private static async Task<(Node Node, long Term)> DecidingAsync(IReadOnlyList<Node> nodes)
    {
        (Node, long) found = default;
        await UntilAsync(() =>
        {
            foreach (var node in nodes)
            {
                var answer = node.System.ActorSelection(ClusterConfig.DecidingPath).Ask<Decides>(WhoDecides.Instance, TimeSpan.FromMilliseconds(300));
                if (Task.WhenAny(answer).Wait(Bound) && answer.IsCompletedSuccessfully)
                {
                    found = (node, answer.Result.Term);
                    return true;
                }
            }

            return false;
        });
        return found;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var end = new CancellationTokenSource(Bound);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!isSo())
        {
            await timer.WaitForNextTickAsync(end.Token);
        }
    }

    private Node Start(string prefix, string id, string policy = Policy.PickFirst, IClusterRegistry? registry = null)
    {
        var etcd = EtcdAt(prefix);
        var system = ActorSystem.Create(
            SystemConfig.SystemName,
            ClusterConfig.MemberSerialization
                .WithFallback(SystemConfig.Serialization)
                .WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF")
                .WithFallback(Settings.ToAkka(etcd, Defaults))
                .WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));
        registry ??= new EtcdClusterRegistry(etcd, id, Settings.LeaseTtl, TimeProvider.System);
        var rules = ServiceRules.All(Policy.Of(policy), BalancerLimits.Default);
        var node = new Node(system, registry, ClusterNode.Start(system, id, Settings, registry, rules, new Random(1)));
        node.Member.Join();
        _nodes.Add(node);
        return node;
    }

    private EtcdSettings EtcdAt(string prefix)
    {
        Assert.True(EtcdEndpoints.TryParse(_etcd.Endpoint, out var endpoints, out var problem), problem);
        return new EtcdSettings(endpoints) { Prefix = prefix };
    }

    private sealed record Node(ActorSystem System, IClusterRegistry Registry, ClusterNode Member);

    /// <summary>Holds its caller's thread while it reads, until it is disposed: the actor that reads can do nothing else.</summary>
    private sealed class StuckRegistry : IClusterRegistry
    {
        private readonly TaskCompletionSource _reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _isFree = new();

        public Task Reading => _reading.Task;

        public bool IsWithdrawn { get; private set; }

        public Task<ClusterSight> ReadAsync(CancellationToken cancellationToken)
        {
            _reading.TrySetResult();
            Assert.True(_isFree.Wait(Bound, CancellationToken.None));
            return Task.FromException<ClusterSight>(new RegistryUnavailableException("stuck"));
        }

        public Task<long?> BeginAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

        public Task<long?> RenewAsync(long seen, CancellationToken cancellationToken) => Task.FromResult<long?>(null);

        public Task<CancellationToken?> AnnounceAsync(ClusterEntry entry, bool endsForming, CancellationToken cancellationToken) =>
            Task.FromResult<CancellationToken?>(null);

        public Task WithdrawAsync()
        {
            IsWithdrawn = true;
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            _isFree.Set();
            return ValueTask.CompletedTask;
        }
    }
}
