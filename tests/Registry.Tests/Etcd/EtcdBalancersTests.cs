using System.Threading.Channels;
using Akka.Actor;
using AkkaLb.Core.Balancing;
using AkkaLb.Discovery.Etcd;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Tests.Etcd;

[Collection(EtcdTests.Name)]
public sealed class EtcdBalancersTests(EtcdFixture fixture) : IAsyncLifetime
{
    private readonly EtcdSettings _settings = fixture.NewSettings();
    private readonly Channel<Watched<Address>> _news = Channel.CreateUnbounded<Watched<Address>>();
    private readonly List<Watched<Address>> _seen = [];
    private EtcdRegistry _registry = null!;
    private IAsyncDisposable _subscription = null!;

    public Task InitializeAsync()
    {
        _registry = _settings.Open();
        _subscription = new EtcdBalancers(_registry).Subscribe(news => _news.Writer.TryWrite(news));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _subscription.DisposeAsync();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Balancers_are_told_in_registration_order_and_leave_with_their_registration()
    {
        await UntilKnownAsync();
        await using var second = Add("b2", "akka.tcp://AkkaLb@127.0.0.1:2/user/balancer");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:2");
        await using var first = Add("b1", "akka.ssl.tcp://AkkaLb@node-1:1/user/balancer");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:2", "akka.ssl.tcp://AkkaLb@node-1:1");

        await second.DisposeAsync();
        await UntilKnownAsync("akka.ssl.tcp://AkkaLb@node-1:1");
    }

    [Fact]
    public async Task A_balancer_that_comes_back_elsewhere_is_told_there()
    {
        await using (Add("b1", "akka.tcp://AkkaLb@127.0.0.1:1/user/balancer"))
        {
            await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:1");
        }

        await using var again = Add("b1", "akka.tcp://AkkaLb@127.0.0.1:2/user/balancer");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:2");
    }

    [Fact]
    public async Task A_value_of_an_earlier_version_which_has_only_path_and_version_is_read()
    {
        await fixture.Etcd.PutLeasedAsync(
            $"{_settings.Prefix}/balancers/b1", """{"path":"akka.tcp://AkkaLb@127.0.0.1:1/user/balancer","version":"0.1.0"}""");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:1");
    }

    [Fact]
    public async Task Balancers_are_no_workers()
    {
        await using var balancer = Add("b1", "akka.tcp://AkkaLb@127.0.0.1:1/user/balancer");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:1");
        await using var watch = new WatchProbe(_registry);
        Assert.Empty((await watch.NextReadAsync()).All);
    }

    [Theory]
    [InlineData("[]", "it is not a JSON object")]
    [InlineData("""{"host":"h","port":1}""", "'path' is no absolute actor path")]
    [InlineData("""{"path":"akka.tcp://AkkaLb@h:1","version":"1"}""", "'path' is no absolute actor path")]
    [InlineData("""{"path":"nonsense","host":"h","port":1}""", "'path' is no absolute actor path")]
    public async Task An_entry_that_cannot_be_used_is_left_out_and_told_once(string value, string problem)
    {
        await fixture.Etcd.PutLeasedAsync($"{_settings.Prefix}/balancers/b1", value);
        await using var second = Add("b2", "akka.tcp://AkkaLb@127.0.0.1:2/user/balancer");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:2");
        await using var third = Add("b3", "akka.tcp://AkkaLb@127.0.0.1:3/user/balancer");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:2", "akka.tcp://AkkaLb@127.0.0.1:3");
        Assert.Contains(problem, Assert.Single(_seen.OfType<Watched<Address>.Skipped>()).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("akka.tcp://AkkaLb@127.0.0.1:1/user/balancer#-9223372036854775808")]
    [InlineData("akka.tcp://AkkaLb@127.0.0.1:1/user/balancer#2147483648")]
    [InlineData("akka.tcp://AkkaLb@127.0.0.1:1/user/balancer#")]
    public async Task An_entry_that_Akka_throws_for_is_left_out_and_balancers_continue_being_told(string path)
    {
        await fixture.Etcd.PutLeasedAsync($"{_settings.Prefix}/balancers/b1", $$"""{"path":"{{path}}","version":"1"}""");
        await using var second = Add("b2", "akka.tcp://AkkaLb@127.0.0.1:2/user/balancer");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:2");
        await using var third = Add("b3", "akka.tcp://AkkaLb@127.0.0.1:3/user/balancer");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:2", "akka.tcp://AkkaLb@127.0.0.1:3");
        Assert.DoesNotContain(_seen, news => news is Watched<Address>.Failed);
    }

    [Fact]
    public async Task A_name_with_half_a_surrogate_pair_in_an_entry_does_not_end_the_subscription()
    {
        await UntilKnownAsync();
        await fixture.Etcd.PutLeasedAsync(
            $"{_settings.Prefix}/balancers/b1", """{"\ud800":1,"path":"akka.tcp://AkkaLb@127.0.0.1:1/user/balancer"}""");
        await using var second = Add("b2", "akka.tcp://AkkaLb@127.0.0.1:2/user/balancer");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:2");
        Assert.Equal($"{_settings.Prefix}/balancers/b1", Assert.Single(_seen.OfType<Watched<Address>.Skipped>()).Key);
    }

    [Fact]
    public async Task A_subscription_that_an_error_ended_is_told_as_failed_and_begun_again()
    {
        await using var balancer = Add("b1", "akka.tcp://AkkaLb@127.0.0.1:1/user/balancer");
        await UntilKnownAsync("akka.tcp://AkkaLb@127.0.0.1:1");
        var told = Channel.CreateUnbounded<Watched<Address>>();
        var isFirst = true;
        await using var subscription = new EtcdBalancers(_registry).Subscribe(news =>
        {
            told.Writer.TryWrite(news);
            if (isFirst)
            {
                isFirst = false;
                throw new InvalidOperationException("no entry of ours did this");
            }
        });
        Assert.IsType<Watched<Address>.Known>(await told.Reader.ReadAsync(Bound.New().Token));
        Assert.Equal(
            "InvalidOperationException: no entry of ours did this",
            Assert.IsType<Watched<Address>.Failed>(await told.Reader.ReadAsync(Bound.New().Token)).Problem);
        Assert.Single(Assert.IsType<Watched<Address>.Known>(await told.Reader.ReadAsync(Bound.New().Token)).All);
    }

    private EtcdServiceRegistration Add(string id, string path) =>
        _registry.Services.Register(EtcdRegistry.BalancersService, new ServiceInstance(id, "127.0.0.1", 1) { Path = path, Version = "0.1.0" });

    private async Task UntilKnownAsync(params string[] addresses)
    {
        while (_seen.LastOrDefault() is not Watched<Address>.Known known || !known.All.Select(a => $"{a}").SequenceEqual(addresses))
        {
            _seen.Add(await _news.Reader.ReadAsync(Bound.New().Token));
        }
    }
}
