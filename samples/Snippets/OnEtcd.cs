using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;
using Akka.Management.Cluster.Bootstrap;
using Akka.Management.Dsl;
using AkkaLb.Coordination.Etcd;
using AkkaLb.Discovery.Etcd;
using AkkaLb.Etcd;

namespace Snippets;

/// <summary>Discovery, leases and the edge to etcd.</summary>
internal static class OnEtcd
{
    private sealed record LeaseLost(Exception? Reason);

    public static async Task LookUpAsync()
    {
        // <look-up>
        var config = ConfigurationFactory.ParseString("""
            akka.discovery.method = etcd
            akka.discovery.etcd.endpoints = "http://10.0.0.1:2379,http://10.0.0.2:2379"
            """).WithFallback(EtcdDiscovery.DefaultConfig());
        var system = ActorSystem.Create("App", config);
        var resolved = await Akka.Discovery.Discovery.Get(system).Default.Lookup("greeter", TimeSpan.FromSeconds(3));
        // </look-up>
        Console.WriteLine(resolved);
    }

    public static async Task RegisterAsync(ActorSystem system)
    {
        // <register>
        await using var registration = EtcdDiscovery.Get(system).Services.Register(
            "greeter", new ServiceInstance("greeter-1", "10.0.0.7", 4053), new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(5) });
        await registration.Registered.WaitAsync(TimeSpan.FromSeconds(10));
        // Under the same lease.
        await registration.UpdateAsync(registration.Instance with { Version = "2" }, CancellationToken.None);
        // </register>
    }

    public static async Task SubscribeAsync(ActorSystem system, IActorRef actor)
    {
        // <subscribe>
        await using var subscription = EtcdDiscovery.Get(system).Services.Subscribe("greeter", e => actor.Tell(e));
        // </subscribe>
    }

    public static async Task BootstrapAsync(ActorSystem system)
    {
        // <bootstrap>
        await AkkaManagement.Get(system).Start();
        await ClusterBootstrap.Get(system).Start();
        // </bootstrap>
    }

    public static async Task LeadAsync(ActorSystem system, IActorRef self)
    {
        // <lease>
        var lease = LeaseProvider.Get(system).GetLease("nightly-report", "akka.coordination.lease.etcd", ownerName: "host:4053");
        if (await lease.Acquire(reason => self.Tell(new LeaseLost(reason))))
        {
            try
            {
                var token = ((EtcdLease)lease).FencingToken;   // 0 as soon as it is not held
                await WriteReportAsync(token);
            }
            finally
            {
                await lease.Release();
            }
        }
        // </lease>
    }

    public static async Task WatchAsync(CancellationToken stop)
    {
        // <watch>
        if (!EtcdEndpoints.TryParse("http://10.0.0.1:2379,http://10.0.0.2:2379", out var endpoints, out var problem))
        {
            throw new ArgumentException(problem);
        }

        using var connection = new EtcdConnection(new EtcdSettings(endpoints), TimeProvider.System);
        await foreach (var e in EtcdWatch.WatchAsync(connection, new EtcdKeyRange("/app/"), new Random(), stop))
        {
            // Known, Alive, Down, Up; with a reader of values (KeyTable<T>) also Skipped and MoreSkipped
        }
        // </watch>
    }

    private static Task<long> WriteReportAsync(long token) => Task.FromResult(token);

    private sealed class Singleton : ReceiveActor
    {
        private readonly EtcdLease? _lease;

        public Singleton()
        {
            // <singleton>
            _lease = EtcdLeaseProvider.Get(Context.System).Find($"{Context.System.Name}-singleton-{Context.Parent.Path}");
            // </singleton>
            ReceiveAny(_ => Sender.Tell(_lease?.FencingToken));
        }
    }
}
