using AkkaLb.Balancer.Page;
using AkkaLb.Client;
using AkkaLb.Tests.Support;
using static AkkaLb.Balancer.Tests.Page.Reported;

namespace AkkaLb.Balancer.Tests.Page;

public sealed class LiveBoardTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ManualTime _time = new();
    private readonly DateTimeOffset _begin;
    private readonly CancellationTokenSource _ending = new();
    private readonly LiveBoard _board;
    private Func<BalancerReport> _read = () => Report(NewWorker("a", inFlight: 2));
    private int _reads;

    public LiveBoardTests()
    {
        _begin = _time.GetUtcNow();
        _board = new LiveBoard(
            _ =>
            {
                Interlocked.Increment(ref _reads);
                return Task.FromResult(_read());
            },
            _time, _ending.Token);
    }

    [Fact]
    public async Task All_readers_see_one_reading_a_second()
    {
        using var one = _board.TryJoin()!;
        var first = await NextAsync(one);
        using var other = _board.TryJoin()!;

        Assert.Same(first, await NextAsync(other));
        Assert.Equal((1, 1), (first.Number, _reads));
        var (next, others) = (NextAsync(one), NextAsync(other));
        Assert.Same(await UntilReadAsync(next), await others);
        Assert.Equal(2, (await next).Number);
    }

    [Fact]
    public async Task A_slow_reader_gets_the_newest_view_and_none_that_it_missed()
    {
        using var slow = _board.TryJoin()!;
        await NextAsync(slow);
        using var quick = _board.TryJoin()!;
        await NextAsync(quick);
        for (var i = 0; i < 5; i++)
        {
            await UntilReadAsync(NextAsync(quick));
        }

        Assert.Equal(6, (await NextAsync(slow)).Number);
    }

    [Fact]
    public async Task No_more_than_some_may_look_and_one_that_goes_makes_room()
    {
        var readers = Enumerable.Range(0, LiveBoard.ReadersMax).Select(_ => _board.TryJoin()!).ToList();
        Assert.DoesNotContain(null, readers);
        Assert.Null(_board.TryJoin());

        readers[0].Dispose();
        readers[0].Dispose();

        readers[0] = _board.TryJoin()!;
        Assert.NotNull(readers[0]);
        Assert.Null(_board.TryJoin());
        await NextAsync(readers[0]);
        readers.ForEach(reader => reader.Dispose());
    }

    [Fact]
    public async Task A_balancer_that_does_not_answer_is_told_and_read_again()
    {
        _read = () => throw new TimeoutException("it does not\nanswer");
        using var reader = _board.TryJoin()!;

        Assert.Equal("the balancer cannot be read: it does not answer", (await NextAsync(reader)).Problem);
        _read = () => Report();
        Assert.Equal("", (await UntilReadAsync(NextAsync(reader))).Problem);
    }

    [Fact]
    public async Task Samples_are_taken_every_five_seconds_and_go_on_for_a_while_after_the_last_reader()
    {
        using (var reader = _board.TryJoin()!)
        {
            await NextAsync(reader);
            for (var i = 0; i < 10; i++)
            {
                await UntilReadAsync(NextAsync(reader));
            }

            Assert.Equal([0.0, 5, 10], Samples());
            Assert.All(_board.HistorySince(default), s => Assert.Equal((2.0, 1), (s.InFlight, s.Up)));
        }

        using var bound = new CancellationTokenSource(Patience);
        while (_board.IsRunning)
        {
            Assert.False(bound.IsCancellationRequested, "it never ended");
            _time.Advance(LiveBoard.SampleInterval);
            await Task.Yield();
        }

        var (reads, last) = (_reads, Samples().Last());
        Assert.True(last >= LiveBoard.Kept.TotalSeconds, $"the last sample is of {last} s");
        _time.Advance(LiveBoard.Kept);
        using var again = _board.TryJoin()!;
        Assert.Equal(reads + 1, (await NextAsync(again)).Number);
    }

    [Fact]
    public async Task The_end_of_the_program_ends_it()
    {
        using var reader = _board.TryJoin()!;
        await NextAsync(reader);

        await _ending.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reader.NextAsync(_ending.Token));
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    private static Task<BoardView> NextAsync(LiveBoard.Reader reader) => reader.NextAsync(CancellationToken.None).WaitAsync(Patience);

    /// <summary>Time passes until the balancer has been read.</summary>
    private async Task<BoardView> UntilReadAsync(Task<BoardView> next)
    {
        // The timer is set a moment after the reading before: one that is set behind the advance would wait for another.
        var reads = _reads;
        using var bound = new CancellationTokenSource(Patience);
        while (!_time.IsAwaited)
        {
            Assert.False(bound.IsCancellationRequested, $"the balancer was read {reads} times, and nothing waits to read it again");
            await Task.Yield();
        }

        _time.Advance(LiveBoard.Interval);
        return await next;
    }

    private IEnumerable<double> Samples() => _board.HistorySince(default).Select(s => (s.At - _begin).TotalSeconds);
}
