using Akka.Actor;
using Akka.TestKit.Xunit2;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Balancer.Tests;

/// <summary>Over a real etcd and in real time: what is waited for are events of etcd.</summary>
public sealed class BalancerAnnouncerTests() : TestKit("akka.loglevel = ERROR"), IAsyncLifetime
{
    private const string Path = "akka.tcp://AkkaLb@127.0.0.1:4053/user/balancer";
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _bound = new(TimeSpan.FromSeconds(30));
    private EtcdProcess _etcd = null!;
    private EtcdRegistry _registry = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _registry = new EtcdRegistry(
            new EtcdSettings([new EtcdEndpoint("127.0.0.1", _etcd.Port)]) { RequestTimeout = TimeSpan.FromSeconds(5) }, TimeProvider.System, new Random(4053));
    }

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        await _etcd.DisposeAsync();
        _bound.Dispose();
    }

    [Fact]
    public async Task A_balancer_is_found_until_it_withdraws()
    {
        var announcer = Announcer();
        await UntilListedAsync("b1");
        Assert.Equal(Path, Assert.Single((await _registry.ReadBalancersAsync(_bound.Token)).Balancers).Path);
        await WithdrawAsync(announcer);
        Assert.Empty(await ListedAsync());
    }

    [Fact]
    public async Task A_lost_lease_is_taken_anew()
    {
        Announcer();
        await UntilListedAsync("b1");
        var lease = (await _etcd.Etcdctl("lease", "list")).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        await _etcd.Etcdctl("lease", "revoke", lease.Trim());
        Assert.Empty(await ListedAsync());
        await UntilListedAsync("b1");
    }

    [Fact]
    public async Task Without_etcd_it_tries_on_until_there_is_one()
    {
        _etcd.Kill();
        Announcer();
        await _etcd.RestartAsync(_bound.Token);
        await UntilListedAsync("b1");
    }

    [Fact]
    public async Task A_registration_under_way_while_it_withdraws_is_given_back()
    {
        _etcd.Freeze();
        var announcer = Announcer();
        var withdrawn = WithdrawAsync(announcer);
        _etcd.Thaw();
        await withdrawn;
        await _etcd.UntilMetricAsync("etcd_debugging_mvcc_put_total", puts => puts > 0, _bound.Token);
        Assert.Empty(await ListedAsync());
    }

    [Fact]
    public async Task Withdrawing_twice_or_without_an_entry_is_answered()
    {
        _etcd.Kill();
        var announcer = Announcer();
        await WithdrawAsync(announcer);
        await WithdrawAsync(announcer);
    }

    private IActorRef Announcer() => Sys.ActorOf(BalancerAnnouncer.Props(_registry, "b1", Path, "0.1.0", Ttl));

    private async Task WithdrawAsync(IActorRef announcer) =>
        await announcer.Ask<BalancerAnnouncer.Withdrawn>(BalancerAnnouncer.Withdraw.Instance, TimeSpan.FromSeconds(20), _bound.Token);

    private async Task<IEnumerable<string>> ListedAsync() => (await _registry.ReadBalancersAsync(_bound.Token)).Balancers.Select(b => b.Id);

    private async Task UntilListedAsync(string id)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!(await ListedAsync()).Contains(id))
        {
            await timer.WaitForNextTickAsync(_bound.Token);
        }
    }
}
