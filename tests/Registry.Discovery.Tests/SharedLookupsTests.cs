using System.Threading.Channels;
using Akka.Actor;
using Akka.Discovery;
using AkkaLb.Tests.Support;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Discovery.Tests;

/// <summary>Look-ups over a method that the test answers for, in virtual time.</summary>
public sealed class SharedLookupsTests
{
    /// <summary>No look-up takes too long while the test waits for what follows.</summary>
    private static readonly DiscoveredBalancers Settings = new("shop") { PortName = "remoting", Timeout = TimeSpan.FromDays(1) };

    private readonly ManualTime _time = new();
    private readonly ScriptedMethod _method = new();
    private readonly SharedLookups _lookups;
    private readonly CancellationToken _bound = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public SharedLookupsTests() => _lookups = new SharedLookups(Settings, _method, _time, new Random(4053));

    [Fact]
    public async Task Two_subscriptions_share_one_look_up_and_who_comes_later_is_told_what_is_known()
    {
        var (first, second) = (new Told(), new Told());
        await using var one = _lookups.Subscribe(first.Add);
        (await AskedAsync()).SetResult(Answer("a"));
        Assert.Equal("a", await first.NextAsync(_bound));
        await using var two = _lookups.Subscribe(second.Add);
        Assert.Equal("a", await second.NextAsync(_bound));
        (await AskedAsync()).SetResult(Answer("b"));
        Assert.Equal(["b", "b"], [await first.NextAsync(_bound), await second.NextAsync(_bound)]);
        Assert.Equal(2, _method.Count);
        Assert.Equal(new Lookup("shop", "remoting", null), _method.Last);
    }

    [Fact]
    public async Task A_look_up_that_fails_is_told_once_and_tried_again()
    {
        var told = new Told();
        await using var subscription = _lookups.Subscribe(told.Add);
        (await AskedAsync()).SetException(new IOException("no network"));
        (await AskedAsync()).SetException(new IOException("no network"));
        (await AskedAsync()).SetResult(Answer("a"));
        Assert.Equal(["no network", "up", "a"], [await told.NextAsync(_bound), await told.NextAsync(_bound), await told.NextAsync(_bound)]);
    }

    [Fact]
    public async Task A_method_that_never_answers_is_asked_again()
    {
        var told = new Told();
        var lookups = new SharedLookups(Settings with { Timeout = TimeSpan.FromSeconds(3) }, _method, _time, new Random(4053));
        await using var subscription = lookups.Subscribe(told.Add);
        await AskedAsync();
        _method.AtOnce = Answer("a");
        while (told.IsEmpty || _method.Count < 2)
        {
            _bound.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(["no answer within 3 s", "up", "a"], [await told.NextAsync(_bound), await told.NextAsync(_bound), await told.NextAsync(_bound)]);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_is_none()
    {
        var told = new Told();
        await using var subscription = _lookups.Subscribe(told.Add);
        (await AskedAsync()).SetResult(null!);
        Assert.StartsWith("the answer cannot be read", await told.NextAsync(_bound), StringComparison.Ordinal);
        (await AskedAsync()).SetResult(Answer("a"));
        Assert.Equal("up", await told.NextAsync(_bound));
    }

    [Fact]
    public async Task Nobody_is_asked_when_nobody_wants_to_know_and_who_comes_then_is_told_anew()
    {
        var (first, second) = (new Told(), new Told());
        var one = _lookups.Subscribe(first.Add);
        (await AskedAsync()).SetResult(Answer("a"));
        Assert.Equal("a", await first.NextAsync(_bound));
        await one.DisposeAsync();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, _method.Count);
        await using var two = _lookups.Subscribe(second.Add);
        (await AskedAsync()).SetResult(Answer("b"));
        Assert.Equal("b", await second.NextAsync(_bound));
        Assert.True(first.IsEmpty);
    }

    /// <summary>Time passes until the method is asked.</summary>
    private async Task<TaskCompletionSource<ServiceDiscovery.Resolved>> AskedAsync()
    {
        var asked = _method.AskedAsync(_bound);
        while (!asked.IsCompleted)
        {
            _bound.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await asked;
    }

    private static ServiceDiscovery.Resolved Answer(string host) => new("shop", [new(host, 4053, null)]);

    private sealed class Told
    {
        private readonly Channel<string> _told = Channel.CreateUnbounded<string>();

        public bool IsEmpty => !_told.Reader.TryPeek(out _);

        public void Add(Watched<Address> news) => _told.Writer.TryWrite(news switch
        {
            Watched<Address>.Known known => string.Join(' ', known.All.Select(a => a.Host)),
            Watched<Address>.Down down => down.Reason,
            Watched<Address>.Up => "up",
            _ => news.ToString(),
        });

        public async Task<string> NextAsync(CancellationToken bound) => await _told.Reader.ReadAsync(bound);
    }

    private sealed class ScriptedMethod : ServiceDiscovery
    {
        private readonly Channel<TaskCompletionSource<Resolved>> _asked = Channel.CreateUnbounded<TaskCompletionSource<Resolved>>();
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public Lookup? Last { get; private set; }

        /// <summary>Nobody need answer any more; null: somebody must.</summary>
        public Resolved? AtOnce { get; set; }

        public override Task<Resolved> Lookup(Lookup lookup, TimeSpan resolveTimeout)
        {
            Interlocked.Increment(ref _count);
            Last = lookup;
            if (AtOnce is { } answered)
            {
                return Task.FromResult(answered);
            }

            // What follows an answer has happened when the test goes on: no time passes in between.
            var answer = new TaskCompletionSource<Resolved>();
            _asked.Writer.TryWrite(answer);
            return answer.Task;
        }

        public Task<TaskCompletionSource<Resolved>> AskedAsync(CancellationToken bound) => _asked.Reader.ReadAsync(bound).AsTask();
    }
}
