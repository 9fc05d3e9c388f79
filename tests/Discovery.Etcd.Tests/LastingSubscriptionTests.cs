using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AkkaLb.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Discovery.Etcd.Tests;

public sealed class LastingSubscriptionTests
{
    private readonly ImpatientTime _time = new();
    private readonly Channel<string> _told = Channel.CreateUnbounded<string>();
    private int _begun;

    [Fact]
    public async Task A_watch_that_throws_is_told_and_begun_anew_after_a_pause()
    {
        await using var subscription = Begin(e => Tell($"{e.GetType().Name}"), why => Tell(why.Message), failures: 2);
        Assert.Equal(["watch 1", "watch 2", "Known"], await ToldAsync(3));
        Assert.Equal([ServiceSubscription.FailurePause, ServiceSubscription.FailurePause], _time.Pauses);
    }

    [Fact]
    public async Task So_is_a_callback_that_throws_also_when_it_cannot_be_told()
    {
        await using var subscription = Begin(
            _ => Throw($"callback {_begun}", isBad: _begun < 3), why => Throw(why.Message, isBad: true), failures: 0);
        Assert.Equal(["callback 1", "callback 1", "callback 2", "callback 2", "callback 3"], await ToldAsync(5));
    }

    [Fact]
    public async Task Nothing_is_told_or_begun_behind_its_end()
    {
        var subscription = Begin(e => Tell(e.GetType().Name), why => Tell(why.Message), failures: 0);
        Assert.Equal(["Known"], await ToldAsync(1));
        await subscription.DisposeAsync();
        _told.Writer.Complete();
        Assert.Empty(await _told.Reader.ReadAllAsync().ToListAsync());
        Assert.Equal(1, _begun);
    }

    private ServiceSubscription Begin(Action<Watched<ServiceInstance>> onEvent, Action<Exception> onFailure, int failures) =>
        ServiceSubscription.Begin(
            token => WatchAsync(++_begun, failures, token),
            TimeSpan.FromSeconds(1),
            _time,
            e => (e is Watched<ServiceInstance>.Failed failed ? () => onFailure(failed.Cause) : (Action)(() => onEvent(e)))(),
            mustGoOn: true);

    private static async IAsyncEnumerable<Watched<ServiceInstance>> WatchAsync(
        int number, int failures, [EnumeratorCancellation] CancellationToken stop)
    {
        if (number <= failures)
        {
            throw new FormatException($"watch {number}");
        }

        yield return new Watched<ServiceInstance>.Known(1, []);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
    }

    private void Tell(string text) => _told.Writer.TryWrite(text);

    private void Throw(string text, bool isBad)
    {
        Tell(text);
        if (isBad)
        {
            throw new InvalidOperationException(text);
        }
    }

    private async Task<List<string>> ToldAsync(int count)
    {
        var told = new List<string>();
        while (told.Count < count)
        {
            told.Add(await _told.Reader.ReadAsync(Bound.Token()));
        }

        return told;
    }

    /// <summary>Every pause is over at once, and noted.</summary>
    private sealed class ImpatientTime : TimeProvider
    {
        public List<TimeSpan> Pauses { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Pauses.Add(dueTime);
            return System.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
