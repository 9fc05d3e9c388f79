using System.Text;
using AkkaLb.Core;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>What operators want of workers: how it is written, and kept without a lease.</summary>
[Collection(EtcdTests.Name)]
public sealed class EtcdOverridesTests : IAsyncLifetime
{
    private const string Golden = """{"state":"drain","weight":100,"by":"ann@desk","at":"2026-03-01T08:00:00.000Z","because":"slow disk"}""";

    private static readonly WorkerOverride Drain = new(
        "pdf/w1", AdminState.Drain, WorkerOverride.WeightUsual, "ann@desk", new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero), "slow disk");

    private readonly EtcdFixture _fixture;
    private readonly EtcdSettings _settings;
    private readonly EtcdRegistry _registry;
    private readonly CancellationTokenSource _bound = Bound.New();

    public EtcdOverridesTests(EtcdFixture fixture)
    {
        (_fixture, _settings) = (fixture, fixture.NewSettings());
        _registry = _settings.Open();
    }

    private string Key => $"{_settings.Prefix}/overrides/pdf/w1";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        _bound.Dispose();
    }

    [Fact]
    public void The_golden_bytes_are_written_and_read()
    {
        Assert.Equal(Golden, Encoding.UTF8.GetString(OverrideValue.Write(Drain)));
        Assert.True(OverrideValue.TryParse("pdf/w1", Encoding.UTF8.GetBytes(Golden), out var wanted, out var problem), problem);
        Assert.Equal(Drain, wanted);
    }

    [Theory]
    [InlineData("100", "0", "'weight' must be a whole number from 1 to 100")]
    [InlineData("100", "101", "'weight' must be a whole number from 1 to 100")]
    [InlineData("2026-03-01T08:00:00.000Z", "soon", "'at' must be a date with a time")]
    [InlineData("by", "from", "'by' is missing")]
    [InlineData("slow disk", "slow\\u001bdisk", "'because' is longer than 300 characters or holds control characters")]
    [InlineData("{", "[", "it is not JSON")]
    public void A_value_that_cannot_be_used_is_named_with_what_is_wrong(string part, string other, string problem)
    {
        var value = Encoding.UTF8.GetBytes(Golden.Replace(part, other, StringComparison.Ordinal));
        Assert.False(OverrideValue.TryParse("pdf/w1", value, out _, out var found));
        Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_could_read_is_not_written()
    {
        Assert.Throws<ArgumentException>(() => OverrideValue.Write(Drain with { WeightPercent = 0 }));
        Assert.Throws<ArgumentException>(() => OverrideValue.Write(Drain with { By = new string('x', WorkerOverride.ByLengthMax + 1) }));
        Assert.Throws<ArgumentException>(() => OverrideValue.Write(Drain with { WorkerId = "no/such/id" }));
    }

    [Fact]
    public async Task An_order_stays_after_the_end_of_who_gave_it_and_is_gone_when_it_is_taken_back()
    {
        await ChangeAsync(_ => Drain);
        await using (var other = _settings.Open())
        {
            Assert.Equal(Drain, Assert.Single((await other.ReadOverridesAsync(_bound.Token)).Overrides));
        }

        await ChangeAsync(before => before! with { State = AdminState.Ready });
        Assert.Equal("", (await _fixture.Etcd.Etcdctl("get", "--keys-only", Key)).Trim());
        await ChangeAsync(before => Drain with { State = before?.State ?? AdminState.Ready });
        Assert.Empty((await _registry.ReadOverridesAsync(_bound.Token)).Overrides);
    }

    [Fact]
    public async Task Two_operators_at_once_lose_nothing_of_each_other()
    {
        var calls = 0;
        await ChangeAsync(before =>
        {
            if (calls++ == 0)
            {
                // Somebody else is faster.
                Task.Run(() => ChangeAsync(_ => Drain)).GetAwaiter().GetResult();
            }

            return (before ?? Drain with { State = AdminState.Ready }) with { WeightPercent = 50 };
        });
        Assert.Equal(2, calls);
        Assert.Equal(Drain with { WeightPercent = 50 }, Assert.Single((await _registry.ReadOverridesAsync(_bound.Token)).Overrides));
    }

    [Fact]
    public void A_state_of_a_later_version_is_one_without_jobs()
    {
        var value = Encoding.UTF8.GetBytes(Golden.Replace("drain", "quiesce", StringComparison.Ordinal));
        Assert.True(OverrideValue.TryParse("pdf/w1", value, out var wanted, out _));
        Assert.Equal(AdminState.Drain, wanted.State);
    }

    [Fact]
    public async Task What_cannot_be_read_is_not_overwritten_and_an_order_for_somebody_else_is_refused()
    {
        await _fixture.Etcd.Etcdctl("put", Key, "nonsense");
        var refused = await Assert.ThrowsAsync<RegistryRefusedException>(() => ChangeAsync(_ => Drain));
        Assert.EndsWith($"remove it with etcdctl del '{Key}'", refused.Message, StringComparison.Ordinal);
        await _fixture.Etcd.Etcdctl("del", Key);
        await Assert.ThrowsAsync<ArgumentException>(() => ChangeAsync(_ => Drain with { WorkerId = "w2" }));
    }

    [Fact]
    public async Task An_order_that_keeps_changing_is_given_up()
    {
        var round = 0;
        var ended = await Assert.ThrowsAsync<RegistryUnavailableException>(() => ChangeAsync(_ =>
        {
            _fixture.Etcd.Etcdctl("put", Key, Golden.Replace("slow disk", $"{round++}", StringComparison.Ordinal)).GetAwaiter().GetResult();
            return Drain;
        }));
        Assert.Contains("kept changing", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subscription_tells_orders_and_which_of_them_cannot_be_read()
    {
        await _fixture.Etcd.Etcdctl("put", $"{_settings.Prefix}/overrides/w9", "nonsense");
        var told = System.Threading.Channels.Channel.CreateUnbounded<Watched<OverrideSight>>();
        await using var subscription = _registry.SubscribeOverrides(e => told.Writer.TryWrite(e));
        var unreadable = new OverrideSight("w9", Wanted: null);
        Assert.Equal([unreadable], Assert.IsType<Watched<OverrideSight>.Known>(await told.Reader.ReadAsync(_bound.Token)).All);
        Assert.IsType<Watched<OverrideSight>.Skipped>(await told.Reader.ReadAsync(_bound.Token));
        await ChangeAsync(_ => Drain);
        var known = Assert.IsType<Watched<OverrideSight>.Known>(await told.Reader.ReadAsync(_bound.Token));
        Assert.Equal([unreadable, new OverrideSight("pdf/w1", Drain)], known.All);
        Assert.Equal([Drain], (await _registry.ReadOverridesAsync(_bound.Token)).Overrides);
        await _fixture.Etcd.Etcdctl("del", $"{_settings.Prefix}/overrides/w9");
        known = Assert.IsType<Watched<OverrideSight>.Known>(await told.Reader.ReadAsync(_bound.Token));
        Assert.Equal([new KeyChange<OverrideSight>("w9", null)], known.Changes);
    }

    private Task<WorkerOverride> ChangeAsync(Func<WorkerOverride?, WorkerOverride> change) =>
        _registry.ChangeOverrideAsync("pdf/w1", change, _bound.Token);
}
