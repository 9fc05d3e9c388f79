using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Messages;
using AkkaLb.Registry;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>Asks a balancer for its state ten times a second, over the network as anyone may, and keeps every answer.</summary>
public sealed class BalancerObserver : IAsyncDisposable
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    private readonly ActorSystem _system = ActorSystem.Create(
        SystemConfig.SystemName,
        ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }").WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));

    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private readonly List<BalancerSample> _samples = [];
    private readonly ActorSelection _balancer;
    private readonly ActorSelection _watcher;
    private readonly Task _asking;

    /// <param name="address"><c>host:port</c>.</param>
    public BalancerObserver(string address)
    {
        Assert.True(NodeAddress.TryParse(address, out var node));
        _balancer = _system.ActorSelection(new RootActorPath(node) / "user" / "balancer");
        _watcher = _system.ActorSelection(new RootActorPath(node) / "user" / "watcher");
        _asking = Task.Run(ObserveAsync);
    }

    /// <summary>So far.</summary>
    public IReadOnlyList<BalancerSample> Samples
    {
        get
        {
            lock (_lock)
            {
                return [.. _samples];
            }
        }
    }

    /// <summary>Asks now.</summary>
    public async Task<BalancerSample> AskAsync()
    {
        var watcher = await _watcher.Ask<WatcherState>(GetWatcherState.Instance, AnswerWithin);
        while (true)
        {
            var pages = new List<BalancerState>();
            do
            {
                pages.Add(await _balancer.Ask<BalancerState>(new GetBalancerState(pages.Count * GetBalancerState.CountMax, GetBalancerState.CountMax), AnswerWithin));
            }
            while (pages.Count * GetBalancerState.CountMax < pages[^1].MemberCount);

            // Pages of different memberships do not belong together.
            if (pages.DistinctBy(p => p.Version).Count() == 1)
            {
                return new BalancerSample(
                    Stopwatch.GetTimestamp(), watcher, pages.SelectMany(p => p.Members).ToDictionary(m => m.Worker.Id, m => m.Worker.Incarnation));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _asking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _system.Terminate();
        _ended.Dispose();
    }

    private async Task ObserveAsync()
    {
        using var timer = new PeriodicTimer(AskEvery);
        while (!_ended.IsCancellationRequested)
        {
            var sample = await AskAsync();
            lock (_lock)
            {
                _samples.Add(sample);
            }

            await timer.WaitForNextTickAsync(_ended.Token);
        }
    }
}
