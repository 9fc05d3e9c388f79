using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Client;
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
        ConfigurationFactory.ParseString(
            "akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }").WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));

    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private readonly List<BalancerSample> _samples = [];
    private readonly Address _balancer;
    private readonly Task _asking;

    /// <param name="address"><c>host:port</c>.</param>
    public BalancerObserver(string address)
    {
        Assert.True(NodeAddress.TryParse(address, out _balancer));
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
        var report = await BalancerReport.ReadAsync(_system, _balancer, AnswerWithin);
        return new BalancerSample(
            Stopwatch.GetTimestamp(), report.Watcher, report.Balancer.Members.ToDictionary(m => m.Worker.Id, m => m.Worker.Incarnation));
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
