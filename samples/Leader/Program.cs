using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;
using Akka.Discovery;
using AkkaLb.Coordination.Etcd;
using AkkaLb.Discovery.Etcd;

if (args is not [var name, var etcd]) { Console.Error.WriteLine("usage: NAME ETCD-URL, say: a http://127.0.0.1:2379"); return 2; }
var config = ConfigurationFactory.ParseString($$"""
    akka { loglevel = OFF, stdout-loglevel = OFF, discovery.method = etcd, discovery.etcd.endpoints = "{{etcd}}" }
    akka.coordination.lease.etcd { endpoints = ["{{etcd}}"], heartbeat-timeout = 5s }
    """).WithFallback(EtcdDiscovery.DefaultConfig()).WithFallback(EtcdLeaseProvider.DefaultConfig());
using var system = ActorSystem.Create("sample", config);
await using var self = EtcdDiscovery.Get(system).Services.Register("sample", new ServiceInstance(name, "127.0.0.1", 4053), new RegistrationOptions());
var lease = (EtcdLease)LeaseProvider.Get(system).GetLease("sample-leader", "akka.coordination.lease.etcd", name);
using var every = new PeriodicTimer(TimeSpan.FromSeconds(1));
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => { signal.Cancel = true; every.Dispose(); });
do
{
    try
    {
        var leads = lease.CheckLease() || await lease.Acquire();
        var found = (await Discovery.Get(system).Default.Lookup("sample", TimeSpan.FromSeconds(3))).Addresses.Count;
        Console.WriteLine(leads ? $"{found} here, {name} leads with token {lease.FencingToken}" : $"{found} here, another leads");
    }
    catch (Exception e) { Console.WriteLine($"etcd is away: {e.Message}"); }
} while (await every.WaitForNextTickAsync());
return await lease.Release() ? 0 : 1;
