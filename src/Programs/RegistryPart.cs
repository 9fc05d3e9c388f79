using System.Security.Cryptography;
using Akka.Actor;
using AkkaLb.Programs.Settings;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;
using Microsoft.Extensions.Hosting;

namespace AkkaLb.Programs;

/// <summary>A program's registry, chosen by its settings: here and nowhere else.</summary>
/// <param name="wait">At the start, how long etcd is asked until it answers; null: it is not asked.</param>
public sealed class RegistryPart(CommonSettings settings, TimeSpan? wait = null) : IHostedService
{
    /// <summary>Null: the embedded registry, which lives in the balancer.</summary>
    public EtcdRegistry? Etcd { get; } = settings.Etcd is { } etcd ? new EtcdRegistry(etcd, TimeProvider.System, NewRandom()) : null;

    /// <summary>How long etcd let the program wait.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Where the balancers are.</summary>
    /// <param name="listed">By the operator; null: those in etcd.</param>
    public IBalancerDirectory Balancers(IReadOnlyList<Address>? listed) => listed is null ? new EtcdBalancers(Etcd!) : new FixedBalancers(listed);

    /// <exception cref="ProgramException">etcd cannot be reached in time, or will not have us.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (Etcd is not null && wait is not null)
        {
            var begun = TimeProvider.System.GetTimestamp();
            await AskAsync(Etcd.ProbeAsync, cancellationToken).ConfigureAwait(false);
            Waited = TimeProvider.System.GetElapsedTime(begun);
        }
    }

    /// <summary>Asks etcd until it answers.</summary>
    /// <exception cref="ProgramException">It cannot be reached in time, or will not have us.</exception>
    public Task AskAsync(Func<CancellationToken, Task> ask, CancellationToken stopping) => EtcdWait.RunAsync(
        ask, string.Join(", ", settings.Etcd!.Endpoints), wait ?? TimeSpan.Zero, TimeProvider.System, Console.Error.WriteLine, stopping);

    public Task StopAsync(CancellationToken cancellationToken) => Etcd?.DisposeAsync().AsTask() ?? Task.CompletedTask;

    /// <summary>Randomness enters at the programs' edge; below it is passed on.</summary>
    private static Random NewRandom() => new(RandomNumberGenerator.GetInt32(int.MaxValue));
}
