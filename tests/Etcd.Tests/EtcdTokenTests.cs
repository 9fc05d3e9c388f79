using AkkaLb.Watching;
using Grpc.Core;

namespace AkkaLb.Etcd.Tests;

public sealed class EtcdTokenTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly SteppedTime _time = new();

    [Fact]
    public async Task However_many_calls_wait_for_a_token_one_of_them_fetches_it()
    {
        var answer = new TaskCompletionSource<string>();
        var fetches = 0;
        using var token = new EtcdToken((_, _) => { fetches++; return answer.Task; }, _time);

        var calls = Enumerable.Range(0, 10).Select(_ => token.GetAsync(Patience, default)).ToArray();
        answer.SetResult("t1");

        Assert.All(await Task.WhenAll(calls), t => Assert.Equal("t1", t));
        Assert.Equal(1, fetches);
    }

    [Fact]
    public async Task Forgotten_token_is_fetched_anew_and_its_successor_is_not_forgotten_with_it()
    {
        var fetches = 0;
        using var token = new EtcdToken((_, _) => Task.FromResult($"t{++fetches}"), _time);
        var first = await token.GetAsync(Patience, default);

        token.Forget(first);
        var second = await token.GetAsync(Patience, default);
        token.Forget(first);

        Assert.Equal(("t1", "t2", "t2"), (first, second, await token.GetAsync(Patience, default)));
    }

    [Fact]
    public async Task Refused_password_is_not_shown_again_for_a_while_and_then_is()
    {
        var fetches = 0;
        using var token = new EtcdToken((_, _) => ++fetches <= 2 ? throw new RegistryRefusedException("no") : Task.FromResult("t"), _time);

        await RefusedAsync(token);
        _time.Advance(EtcdToken.RefusedFor - TimeSpan.FromTicks(1));
        await RefusedAsync(token);
        Assert.Equal(1, fetches);
        _time.Advance(TimeSpan.FromTicks(1));
        await RefusedAsync(token);
        Assert.Equal(2, fetches);
        _time.Advance(EtcdToken.RefusedFor);
        Assert.Equal("t", await token.GetAsync(Patience, default));
    }

    [Fact]
    public async Task While_authentication_is_off_there_is_no_token_and_nobody_asks_for_one_until_etcd_misses_it()
    {
        var fetches = 0;
        var isOff = new RegistryRefusedException(
            "off", new RpcException(new Status(StatusCode.FailedPrecondition, "etcdserver: authentication is not enabled")));
        using var token = new EtcdToken((_, _) => ++fetches == 1 ? throw isOff : Task.FromResult($"t{fetches}"), _time);

        Assert.Null(await token.GetAsync(Patience, default));
        Assert.Null(await token.GetAsync(Patience, default));
        Assert.Equal(1, fetches);
        token.Forget(null);
        Assert.Equal("t2", await token.GetAsync(Patience, default));
        token.Forget(null);
        Assert.Equal("t2", await token.GetAsync(Patience, default));
    }

    [Fact]
    public async Task A_call_that_waits_in_vain_for_the_token_of_another_is_told_why_the_last_one_failed()
    {
        var never = new TaskCompletionSource<string>();
        var fetches = 0;
        using var token = new EtcdToken((_, _) => ++fetches == 1 ? throw new RegistryUnavailableException("Connection refused") : never.Task, _time);
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => token.GetAsync(Patience, default));

        var fetching = token.GetAsync(Patience, default);
        Assert.Equal("Connection refused", (
            await Assert.ThrowsAsync<RegistryUnavailableException>(() => token.GetAsync(TimeSpan.Zero, default))).Message);
        never.SetResult("t");
        Assert.Equal("t", await fetching);
    }

    [Fact]
    public async Task Etcd_that_cannot_be_reached_is_asked_by_the_next_call_again()
    {
        var fetches = 0;
        using var token = new EtcdToken((_, _) => ++fetches == 1 ? throw new RegistryUnavailableException("away") : Task.FromResult("t"), _time);

        await Assert.ThrowsAsync<RegistryUnavailableException>(() => token.GetAsync(Patience, default));
        Assert.Equal("t", await token.GetAsync(Patience, default));
    }

    [Fact]
    public void Credentials_do_not_print_their_password() =>
        Assert.DoesNotContain("secret", $"{new EtcdSettings([]) { Credentials = new EtcdCredentials("me", "secret") }}", StringComparison.Ordinal);

    private static async Task RefusedAsync(EtcdToken token) =>
        Assert.Equal("no", (await Assert.ThrowsAsync<RegistryRefusedException>(() => token.GetAsync(Patience, default))).Message);

    private sealed class SteppedTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;
    }
}
