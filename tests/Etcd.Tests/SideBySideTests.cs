using System.Net;
using AkkaLb.Tests.Support;

namespace AkkaLb.Etcd.Tests;

/// <summary>RFC 8305, in our small form of it.</summary>
public sealed class SideBySideTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private readonly ManualTime _time = new();

    [Fact]
    public void Families_take_turns_beginning_with_the_one_that_the_resolver_put_first()
    {
        Assert.Equal(["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"], Order("::1", "::2", "::3", "10.0.0.1", "10.0.0.2"));
        Assert.Equal(["10.0.0.1", "::1", "10.0.0.2"], Order("10.0.0.1", "10.0.0.2", "::1"));
        Assert.Equal(["10.0.0.1"], Order("10.0.0.1", "10.0.0.1"));
        Assert.Empty(Order());
    }

    [Fact]
    public void However_many_addresses_a_name_has_so_many_are_tried_and_the_last_gets_its_turn_in_half_of_the_time()
    {
        var many = Enumerable.Range(1, 200).Select(i => $"10.0.0.{i}").ToArray();
        Assert.Equal(SideBySide.AddressesMax, Order(many).Length);
        var timeout = TimeSpan.FromSeconds(1.5);
        for (var count = 1; count <= SideBySide.AddressesMax; count++)
        {
            var start = SideBySide.HeadStartFor(count, timeout);
            Assert.InRange(start, TimeSpan.FromMilliseconds(1), SideBySide.HeadStart);
            Assert.True(start * (count - 1) < timeout / 2);
        }

        Assert.Equal(SideBySide.HeadStart, SideBySide.HeadStartFor(2, timeout));
    }

    [Fact]
    public async Task An_address_that_swallows_everything_costs_one_head_start()
    {
        var dials = new Dials();
        var first = FirstAsync(dials, default, "10.0.0.1", "10.0.0.2");
        Assert.Equal(["10.0.0.1"], dials.Begun);
        _time.Advance(SideBySide.HeadStart);
        await dials.UntilBegunAsync(2);
        var made = dials.Answer("10.0.0.2");

        Assert.Same(made, await first.WaitAsync(Bound));
        await dials.UntilGivenUpAsync("10.0.0.1");
        Assert.False(made.IsDisposed);
    }

    [Fact]
    public async Task An_address_that_refuses_lets_the_next_begin_at_once()
    {
        var dials = new Dials();
        var first = FirstAsync(dials, default, "10.0.0.1", "10.0.0.2");
        dials.Fail("10.0.0.1", "refused");
        await dials.UntilBegunAsync(2);
        Assert.Same(dials.Answer("10.0.0.2"), await first.WaitAsync(Bound));
    }

    [Fact]
    public async Task A_connection_that_comes_second_is_closed()
    {
        var dials = new Dials { IsDeaf = true };
        var first = FirstAsync(dials, default, "10.0.0.1", "10.0.0.2");
        _time.Advance(SideBySide.HeadStart);
        await dials.UntilBegunAsync(2);
        var kept = dials.Answer("10.0.0.2");
        Assert.Same(kept, await first.WaitAsync(Bound));
        var late = dials.Answer("10.0.0.1");
        await late.Disposed.Task.WaitAsync(Bound);
        Assert.False(kept.IsDisposed);
    }

    [Fact]
    public async Task When_time_is_up_what_is_known_of_each_address_is_told()
    {
        var dials = new Dials();
        using var over = new CancellationTokenSource();
        var first = FirstAsync(dials, over.Token, "10.0.0.1", "10.0.0.2");
        _time.Advance(SideBySide.HeadStart);
        await dials.UntilBegunAsync(2);
        dials.Fail("10.0.0.2", "refused");
        await over.CancelAsync();

        var told = await Assert.ThrowsAsync<NobodyAnsweredException>(() => first.WaitAsync(Bound));
        Assert.Equal(["10.0.0.1 ", "10.0.0.2 refused"], told.Tried.Select(t => $"{t.Address} {t.Fault?.Message}").Order());
    }

    private static string[] Order(params string[] addresses) => [.. SideBySide.Order([.. addresses.Select(IPAddress.Parse)]).Select(a => $"{a}")];

    private Task<Made> FirstAsync(Dials dials, CancellationToken over, params string[] addresses) => SideBySide.FirstAsync(
        [.. addresses.Select(IPAddress.Parse)], SideBySide.HeadStart, dials.DialAsync, _time, over);

    private sealed class Made : IDisposable
    {
        public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsDisposed => Disposed.Task.IsCompleted;

        public void Dispose() => Disposed.TrySetResult();
    }

    private sealed class Dials
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, TaskCompletionSource<Made>> _pending = [];
        private readonly List<(int Count, TaskCompletionSource Reached)> _awaited = [];

        /// <summary>Does not end when it is cancelled.</summary>
        public bool IsDeaf { get; init; }

        public string[] Begun
        {
            get
            {
                lock (_lock)
                {
                    return [.. _pending.Keys];
                }
            }
        }

        public Task<Made> DialAsync(IPAddress address, CancellationToken cancellationToken)
        {
            var pending = new TaskCompletionSource<Made>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                _pending.Add($"{address}", pending);
                foreach (var (_, reached) in _awaited.Where(a => a.Count <= _pending.Count))
                {
                    reached.TrySetResult();
                }
            }

            if (!IsDeaf)
            {
                cancellationToken.Register(() => pending.TrySetCanceled(cancellationToken));
            }

            return pending.Task;
        }

        public Made Answer(string address)
        {
            var made = new Made();
            Of(address).SetResult(made);
            return made;
        }

        public void Fail(string address, string why) => Of(address).SetException(new IOException(why));

        public Task UntilBegunAsync(int count)
        {
            lock (_lock)
            {
                var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _awaited.Add((count, reached));
                if (_pending.Count >= count)
                {
                    reached.SetResult();
                }

                return reached.Task.WaitAsync(Bound);
            }
        }

        public async Task UntilGivenUpAsync(string address) =>
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Of(address).Task.WaitAsync(Bound));

        private TaskCompletionSource<Made> Of(string address)
        {
            lock (_lock)
            {
                return _pending[address];
            }
        }
    }
}
