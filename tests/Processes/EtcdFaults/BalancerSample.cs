using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>What a balancer said of itself.</summary>
/// <param name="At">When the answer was there (<see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>).</param>
/// <param name="Members">Incarnation of each member by its id, draining ones included.</param>
public sealed record BalancerSample(long At, WatcherState Watcher, IReadOnlyDictionary<string, long> Members);
