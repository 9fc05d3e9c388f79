using System.Diagnostics;
using System.Runtime.CompilerServices;
using AkkaLb.Client;
using AkkaLb.Core.Clients;
using AkkaLb.Registry;

namespace AkkaLb.Processes.Harness;

/// <summary>Asks the balancer for a worker again and again, and notes each answer.</summary>
public sealed class Assignments : IAsyncDisposable
{
    private static readonly TimeSpan AskEveryDefault = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    private readonly BalancedClient _client;
    private readonly TimeSpan _askEvery;
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private readonly List<Answer> _answers = [];
    private readonly Task _asking;

    private Assignments(BalancedClient client, TimeSpan askEvery)
    {
        (_client, _askEvery) = (client, askEvery);
        _asking = Task.Run(AskAsync);
    }

    /// <summary>So far.</summary>
    public IReadOnlyList<Answer> Answers
    {
        get
        {
            lock (_lock)
            {
                return [.. _answers];
            }
        }
    }

    /// <param name="every">The pause between two questions; a busy scene takes longer ones.</param>
    public static async Task<Assignments> AskAsync(string balancer, TimeSpan? every = null) =>
        new(await BalancedClient.ConnectAsync(BalancedClientOptions.To(balancer)), every ?? AskEveryDefault);

    /// <summary>Asks whichever balancer the client finds there.</summary>
    public static async Task<Assignments> AskAsync(IBalancerDirectory balancers) =>
        new(await BalancedClient.ConnectAsync(new BalancedClientOptions { Balancers = balancers }), AskEveryDefault);

    /// <summary>How a balancer stands, and all it knows.</summary>
    public Task<BalancerReport> InspectAsync(string balancer) =>
        NodeAddress.TryParse(balancer, out var address)
            ? _client.InspectAsync(address, AnswerWithin)
            : throw new ArgumentException($"'{balancer}' is not host:port", nameof(balancer));

    /// <summary>The longest time between two answers that named a worker, the later one behind this moment.</summary>
    public TimeSpan LongestGap(long from)
    {
        var named = Answers.Where(a => a.Worker is not null).ToList();
        return named.Zip(named.Skip(1)).Where(pair => pair.Second.AnsweredAt > from).Max(
            pair => Stopwatch.GetElapsedTime(pair.First.AnsweredAt, pair.Second.AnsweredAt));
    }

    /// <summary>Waits until the answers to questions asked from now on are as wished.</summary>
    public Task UntilAsync(
        Func<IReadOnlyList<Answer>, bool> isWished, TimeSpan? bound = null, [CallerArgumentExpression(nameof(isWished))] string what = "")
    {
        var from = Stopwatch.GetTimestamp();
        return Waiting.UntilAsync(
            () => isWished([.. Answers.Where(a => a.AskedAt >= from)]), bound ?? NodeProcess.Bound, LookEvery, $"answers with {what}",
            () => $"{(Answers is [.., var last] ? last : null)}");
    }

    /// <summary>Every question so far was answered with a worker.</summary>
    public void AssertAllAnswered() => Assert.All(Answers, a => Assert.Null(a.Trouble));

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _asking;
        await _client.DisposeAsync();
        _ended.Dispose();
    }

    private async Task AskAsync()
    {
        using var timer = new PeriodicTimer(_askEvery);
        while (!_ended.IsCancellationRequested)
        {
            var asked = Stopwatch.GetTimestamp();
            var run = await _client.AssignAsync(1, AnswerWithin);
            var answer = new Answer(
                asked,
                Stopwatch.GetTimestamp(),
                (run.Outcome as JobOutcome.Picked)?.Workers[0].Worker.Id,
                (run.Outcome as JobOutcome.Failed)?.Cause);
            lock (_lock)
            {
                _answers.Add(answer);
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <param name="Worker">Null: none was named, and <paramref name="Trouble"/> says why.</param>
    public sealed record Answer(long AskedAt, long AnsweredAt, string? Worker, string? Trouble);
}
