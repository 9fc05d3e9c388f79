using System.Threading.Channels;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Machines;
using AkkaLb.Etcd;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Balancer.Tests;

/// <summary>Over a real etcd and in real time: what is waited for are events of etcd.</summary>
public sealed class BalancerAnnouncerTests : IAsyncLifetime
{
    private const string Key = "/akkalb/balancers/b1";
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _bound = new(Patience);
    private readonly LineLog _log = new();
    private readonly EventJournal _journal = new(default);
    private EtcdProcess _etcd = null!;
    private EtcdRegistry _registry = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _registry = new EtcdRegistry(
            new EtcdSettings([new EtcdEndpoint("127.0.0.1", _etcd.Port)]) { RequestTimeout = TimeSpan.FromSeconds(5) }, TimeProvider.System,
            new Random(4053));
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
        var announcer = Announcer(4053);
        await announcer.Begun.WaitAsync(Patience);
        Assert.Equal(
            """{"host":"127.0.0.1","port":4053,"path":"akka.tcp://AkkaLb@127.0.0.1:4053/user/balancer","version":"0.1.0","attributes":{"mode":"independent"}}""", await ValueAsync());
        await announcer.DisposeAsync();
        Assert.Equal("", await ValueAsync());
    }

    [Fact]
    public async Task A_lost_lease_is_taken_again()
    {
        await using var announcer = Announcer(1);
        await announcer.Begun.WaitAsync(Patience);
        var lease = (await _etcd.Etcdctl("lease", "list")).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        await _etcd.Etcdctl("lease", "revoke", lease.Trim());
        Assert.Equal("", await ValueAsync());
        await UntilListedAsync();
    }

    [Fact]
    public async Task Without_etcd_it_has_begun_and_tries_on_until_there_is_one()
    {
        _etcd.Kill();
        await using var announcer = Announcer(1);
        await announcer.Begun.WaitAsync(Patience);
        await _etcd.RestartAsync(_bound.Token);
        await UntilListedAsync();
    }

    [Fact]
    public async Task The_id_of_a_living_balancer_is_refused_with_one_sentence_that_says_where_that_is()
    {
        await using var first = Announcer(1);
        await first.Begun.WaitAsync(Patience);
        await using var second = Announcer(2);
        Assert.Equal(
            "the id \"b1\" is in use by another balancer at 127.0.0.1:1: choose another id, or stop that one",
            await second.Taken.WaitAsync(Patience));
        Assert.False(second.Begun.IsCompleted);
    }

    [Fact]
    public async Task The_id_of_a_crashed_balancer_is_free_when_its_lease_has_run_out()
    {
        var lease = (await _etcd.Etcdctl("lease", "grant", "2")).Split(' ')[1];
        await _etcd.Etcdctl("put", Key, """{"path":"akka.tcp://AkkaLb@127.0.0.1:1/user/balancer","version":"0.1.0"}""", "--lease", lease);
        await using var second = Announcer(2);
        await second.Begun.WaitAsync(Patience);
        Assert.Contains(":2/user/balancer", await ValueAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_balancer_whose_id_goes_to_another_while_its_lease_is_lost_has_to_end()
    {
        await using var first = Announcer(1);
        await first.Begun.WaitAsync(Patience);
        await _etcd.PutLeasedAsync(Key, """{"path":"akka.tcp://AkkaLb@127.0.0.1:2/user/balancer","version":"0.1.0"}""");
        Assert.Equal("the id \"b1\" was taken by another balancer at 127.0.0.1:2: stop one of them", await first.Taken.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_key_that_is_deleted_or_written_over_by_hand_comes_back_and_each_time_the_loss_and_its_end_are_told_once()
    {
        await using var announcer = Announcer(1);
        await announcer.Begun.WaitAsync(Patience);
        var value = await ValueAsync();
        await _etcd.Etcdctl("del", Key);
        Assert.Equal("this balancer's entry in etcd cannot be kept; retrying: its key was deleted", await NextLineAsync());
        Assert.Equal("this balancer's entry in etcd is kept again", await NextLineAsync());
        await _etcd.Etcdctl("put", Key, "{}");
        Assert.Equal("this balancer's entry in etcd cannot be kept; retrying: its key was written over without a lease", await NextLineAsync());
        Assert.Equal("this balancer's entry in etcd is kept again", await NextLineAsync());
        Assert.Equal(value, await ValueAsync());
        Assert.Equal(
            [NoteLevel.Warning, NoteLevel.Info, NoteLevel.Warning, NoteLevel.Info],
            _journal.Read(new GetBalancerEvents(0, GetBalancerEvents.CountMax)).Events.Select(e => e.Level));
    }

    [Fact]
    public async Task Each_reason_why_the_entry_cannot_be_kept_is_told_once_and_the_end_once()
    {
        await _etcd.EnableAuthenticationAsync("u", "secret", "/akkalb");
        _etcd.Kill();
        await using var announcer = Announcer(1);
        Assert.Contains("cannot be kept; retrying: etcd at ", await NextLineAsync(), StringComparison.Ordinal);
        await _etcd.RestartAsync(_bound.Token);
        Assert.EndsWith("has authentication switched on: give a user and a password", await NextLineAsync(), StringComparison.Ordinal);
        await _etcd.SwitchAuthenticationAsync(isOn: false);
        Assert.Equal("this balancer's entry in etcd is kept again", await NextLineAsync());
    }

    [Fact]
    public async Task A_balancer_of_the_other_mode_is_named_when_its_entry_outlives_a_lease()
    {
        await using var first = Announcer(1);
        await using var second = Announcer(2, "b2", "singleton");
        await Task.WhenAll(first.Begun, second.Begun).WaitAsync(Patience);
        Assert.Equal(
            "the balancer \"b1\" at 127.0.0.1:1 runs with --mode independent, this one with --mode singleton: start all of one prefix in the same "
                + "mode",
            await second.FindOtherModeAsync(TimeProvider.System, _bound.Token));
    }

    [Fact]
    public async Task A_balancer_of_the_other_mode_that_leaves_is_waited_for_and_one_of_the_same_mode_is_welcome()
    {
        await using var first = Announcer(1);
        await using var third = Announcer(3, "b3");
        await using var second = Announcer(2, "b2", "singleton");
        await Task.WhenAll(first.Begun, second.Begun, third.Begun).WaitAsync(Patience);
        var looking = third.FindOtherModeAsync(TimeProvider.System, _bound.Token);
        Assert.False(looking.IsCompleted);
        await second.DisposeAsync();
        Assert.Null(await looking.WaitAsync(Patience));
    }

    private IBalancerAnnouncement Announcer(int port, string id = "b1", string mode = BalancerEntry.Independent) => _registry.Announce(
        new BalancerEntry(
            id, new Address("akka.tcp", "AkkaLb", "127.0.0.1", port),
            FormattableString.Invariant($"akka.tcp://AkkaLb@127.0.0.1:{port}/user/balancer"), "0.1.0", mode, Ttl),
        new OperatorLog(_log, _journal, new Clock()));

    private async Task<string> NextLineAsync() => await _log.Lines.Reader.ReadAsync(_bound.Token);

    /// <summary>Empty: there is no such key.</summary>
    private async Task<string> ValueAsync() => (await _etcd.Etcdctl("get", Key, "--print-value-only")).Trim();

    private async Task UntilListedAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await ValueAsync() == "")
        {
            await timer.WaitForNextTickAsync(_bound.Token);
        }
    }
}

/// <summary>Nobody looks at it.</summary>
internal sealed class Clock : ITimeProvider
{
    public DateTimeOffset Now => DateTimeOffset.UnixEpoch;

    public TimeSpan MonotonicClock => default;

    public TimeSpan HighResMonotonicClock => default;
}

/// <summary>Keeps what is logged.</summary>
internal sealed class LineLog() : LoggingAdapterBase(DefaultLogMessageFormatter.Instance)
{
    public Channel<string> Lines { get; } = Channel.CreateUnbounded<string>();

    public override bool IsDebugEnabled => false;

    public override bool IsInfoEnabled => true;

    public override bool IsWarningEnabled => true;

    public override bool IsErrorEnabled => true;

    protected override void NotifyLog(LogLevel logLevel, object message, Exception? cause = null) => Lines.Writer.TryWrite($"{message}");
}
