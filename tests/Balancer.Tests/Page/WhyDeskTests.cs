using AkkaLb.Balancer.Page;
using AkkaLb.Core;
using AkkaLb.Tests.Support;

namespace AkkaLb.Balancer.Tests.Page;

/// <summary>Questions about decisions, for many people.</summary>
public sealed class WhyDeskTests
{
    private static readonly GetDecisions Latest = new(0, 0, 20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Decisions Told = new("b-1", [], [], 8192);

    private readonly ManualTime _time = new();
    private readonly List<GetDecisions> _asked = [];
    private readonly WhyDesk _desk;
    private Func<Task<Decisions>> _answer = () => Task.FromResult(Told);

    public WhyDeskTests() => _desk = new WhyDesk(
        question =>
        {
            _asked.Add(question);
            return _answer();
        },
        _time);

    [Fact]
    public async Task Who_asks_the_same_within_a_second_gets_the_same_answer()
    {
        await _desk.AskAsync(Latest, default);
        await _desk.AskAsync(Latest, default);
        Assert.Equal([Latest], _asked);

        await _desk.AskAsync(new GetDecisions(1, 2, 20), default);
        await _desk.AskAsync(Latest, default);
        _time.Advance(WhyDesk.Kept);
        await _desk.AskAsync(Latest, default);
        Assert.Equal(4, _asked.Count);
    }

    [Fact]
    public async Task One_question_is_asked_at_a_time_and_no_more_than_some_wait()
    {
        var answer = new TaskCompletionSource<Decisions>();
        _answer = () => answer.Task;
        var asking = Enumerable.Range(1, WhyDesk.AskersMax).Select(i => _desk.AskAsync(new GetDecisions(1, i, 20), default)).ToList();

        Assert.Single(_asked);
        Assert.Null(await _desk.AskAsync(Latest, default));

        answer.SetResult(Told);
        Assert.All(await Task.WhenAll(asking).WaitAsync(Patience), Assert.NotNull);
        Assert.Equal(WhyDesk.AskersMax, _asked.Count);
    }

    [Fact]
    public async Task After_an_answer_that_took_long_the_balancer_is_left_alone_for_nine_times_as_long()
    {
        _answer = () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            return Task.FromResult(Told);
        };
        await _desk.AskAsync(Latest, default);
        var next = _desk.AskAsync(new GetDecisions(1, 2, 20), default);

        _time.Advance(TimeSpan.FromMilliseconds(179));
        Assert.Single(_asked);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await next.WaitAsync(Patience);
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task The_question_of_somebody_who_goes_is_asked_to_its_end_and_the_next_one_waits_for_it()
    {
        var answer = new TaskCompletionSource<Decisions>();
        _answer = () => answer.Task;
        using var gone = new CancellationTokenSource();
        var first = _desk.AskAsync(new GetDecisions(1, 1, 20), gone.Token);
        var next = _desk.AskAsync(new GetDecisions(1, 2, 20), default);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Patience));
        Assert.Single(_asked);

        answer.SetResult(Told);
        Assert.Same(Told, await next.WaitAsync(Patience));
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task A_question_that_failed_keeps_nobody_from_asking_again()
    {
        _answer = () => Task.FromException<Decisions>(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => _desk.AskAsync(Latest, default));

        _answer = () => Task.FromResult(Told);
        Assert.Same(Told, await _desk.AskAsync(Latest, default));
    }
}
