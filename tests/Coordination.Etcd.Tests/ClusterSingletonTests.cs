using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>Akka's cluster singleton with <c>use-lease</c> on this lease.</summary>
public class ClusterSingletonTests
{
    private const string Manager = "manager";
    private const string LeaseName = $"{ClusterNode.SystemName}-singleton-akka://{ClusterNode.SystemName}/user/{Manager}";

    private const string UseLease = """
        akka.cluster.singleton { use-lease = "akka.coordination.lease.etcd", lease-retry-interval = 500ms }
        akka.cluster.downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
        """;

    [Fact]
    public async Task A_holder_outside_the_cluster_keeps_the_singleton_from_starting_until_it_lets_go()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var outside = LeaseHost.Start(etcd);
        var holder = outside.Lease(LeaseName, "outside");
        Assert.True(await holder.Acquire());
        var token = holder.FencingToken;
        var log = new InstanceLog();
        // Debug, to hear of each refusal.
        await using var node = await ClusterNode.StartAsync(etcd, "akka.loglevel = debug\nakka.loggers = []\n" + UseLease, seed: null);
        var refusals = new ConcurrentQueue<string>();
        node.System.EventStream.Subscribe(node.System.ActorOf(Props.Create(() => new RefusalListener(refusals))), typeof(Debug));

        node.StartSingleton(Instance.Props(log), Manager);

        await Until.So(() => refusals.Count >= 3, "the manager is refused three times");
        Assert.Equal(0, log.Started);
        Assert.True(await holder.Release());
        await Until.So(() => log.Started == 1, "the singleton starts");
        Assert.True(log.Tokens.Single() > token);
    }

    [Fact]
    public async Task Through_a_hand_over_and_a_lost_lease_there_is_never_more_than_one_and_tokens_grow()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        var log = new InstanceLog();
        await using var first = await ClusterNode.StartAsync(etcd, UseLease, seed: null);
        await using var second = await ClusterNode.StartAsync(etcd, UseLease, seed: first);
        await using var third = await ClusterNode.StartAsync(etcd, UseLease, seed: first);
        foreach (var node in new[] { first, second, third })
        {
            node.StartSingleton(Instance.Props(log), Manager);
        }

        await Until.So(() => log.Started == 1, "the singleton starts on the oldest node");
        await first.System.Terminate();
        await Until.So(() => log.Started == 2, "the singleton moves on when its node leaves");
        var key = EtcdLeaseProvider.Get(second.System).Find(LeaseName)!.Key;
        await etcd.Etcdctl("del", key);
        await Until.So(() => log.Started == 3, "the singleton is stopped and started again under a new lease");

        Assert.Equal(1, log.MostAtOnce);
        var tokens = log.Tokens;
        Assert.Equal(3, tokens.Count);
        Assert.Equal(tokens.Order(), tokens);
        Assert.Equal(3, tokens.Distinct().Count());
    }

    /// <summary>Two clusters, as the two sides of a partition. Akka's manager releases the lease when it begins to stop its actor (1.5.73), so
    /// the other side starts while this one still works: what keeps it from harm is that its token is gone.</summary>
    [Fact]
    public async Task An_instance_that_is_still_stopping_when_another_starts_elsewhere_has_no_token_any_more()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        using var mayStop = new ManualResetEventSlim();
        var (log, elsewhere) = (new InstanceLog(mayStop), new InstanceLog());
        await using var here = await ClusterNode.StartAsync(etcd, UseLease, seed: null);
        await using var there = await ClusterNode.StartAsync(etcd, UseLease, seed: null);
        try
        {
            here.StartSingleton(Instance.Props(log), Manager);
            await Until.So(() => log.Started == 1, "the singleton starts here");
            there.StartSingleton(Instance.Props(elsewhere), Manager);
            var lease = EtcdLeaseProvider.Get(here.System).Find(LeaseName)!;
            Assert.Equal(log.Tokens.Single(), lease.FencingToken);

            here.Cluster.Leave(here.Address);

            await Until.So(() => elsewhere.Started == 1, "the singleton starts there");
            Assert.Equal(0, lease.FencingToken);
            Assert.True(elsewhere.Tokens.Single() > log.Tokens.Single());
            Assert.Equal(0, log.Stopped);
        }
        finally
        {
            mayStop.Set();
        }
    }

    /// <summary>How many instances there are and were, over all nodes.</summary>
    /// <param name="mayStop">Holds an instance up while it stops; null for none.</param>
    private sealed class InstanceLog(ManualResetEventSlim? mayStop = null)
    {
        private readonly Lock _lock = new();
        private readonly List<long> _tokens = [];
        private int _alive;

        public int MostAtOnce { get; private set; }

        public int Started => Tokens.Count;

        public int Stopped { get; private set; }

        public IReadOnlyList<long> Tokens
        {
            get
            {
                lock (_lock)
                {
                    return [.. _tokens];
                }
            }
        }

        public void Start(long token)
        {
            lock (_lock)
            {
                _tokens.Add(token);
                MostAtOnce = Math.Max(MostAtOnce, ++_alive);
            }
        }

        public void Stop()
        {
            mayStop?.Wait();
            lock (_lock)
            {
                (_alive, Stopped) = (_alive - 1, Stopped + 1);
            }
        }
    }

    private sealed class Instance(InstanceLog log) : ReceiveActor
    {
        public static Props Props(InstanceLog log) => Akka.Actor.Props.Create(() => new Instance(log));

        /// <summary>The way a singleton finds its own lease.</summary>
        protected override void PreStart() =>
            log.Start(EtcdLeaseProvider.Get(Context.System).Find($"{Context.System.Name}-singleton-{Context.Parent.Path}")!.FencingToken);

        protected override void PostStop() => log.Stop();
    }

    private sealed class RefusalListener : ReceiveActor
    {
        public RefusalListener(ConcurrentQueue<string> refusals) => Receive<Debug>(e =>
        {
            if (e.Message.ToString() is { } text && text.Contains("not acquired", StringComparison.Ordinal))
            {
                refusals.Enqueue(text);
            }
        });
    }
}
