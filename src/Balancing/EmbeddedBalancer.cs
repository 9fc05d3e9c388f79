using System.Security.Cryptography;
using Akka.Actor;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Registry.Embedded;
using AkkaLb.Remoting;

namespace AkkaLb.Balancing;

/// <summary>A balancer in an actor system that you have, at <c>/user/balancer</c>: it knows which workers are alive, and names one to each client
/// that asks.</summary>
/// <remarks>It decides by itself, beside other balancers of the same registry, if there are any. An actor system carries one. Thread-safe.</remarks>
public sealed class EmbeddedBalancer : IAsyncDisposable
{
    /// <summary>Name of the meter of balancers.</summary>
    public const string TelemetryName = "AkkaLb.Balancer";

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(3);

    private readonly ExtendedActorSystem _system;
    private readonly TopActors _top;
    private readonly IActorRef _balancer;
    private readonly PartEnd _end = new();
    private readonly Lazy<Task> _stopping;
    private IBalancerAnnouncement? _announcement;

    private EmbeddedBalancer(ExtendedActorSystem system, EmbeddedBalancerOptions options)
    {
        (_system, _top) = (system, TopActors.For(system, options.Whose));
        _end.With(_top.Ended);
        _stopping = new Lazy<Task>(StopAsync);
        try
        {
            var registry = options.Registry ?? new EmbeddedRegistry(
                system, _top.Start(EmbeddedRegistryActor.Props(), EmbeddedRegistryActor.ActorName), options.RequestTimeout);
            _balancer = _top.Start(BalancerActor.Props(options.Id, options.Rules, NewRandom()), BalancerActor.ActorName);
            _top.Start(EtcdWatcherActor.Props(registry, _balancer), EtcdWatcherActor.ActorName);
        }
        catch (InvalidActorNameException e)
        {
            _ = _top.StopAllAsync();
            throw new InvalidOperationException(
                $"the actor system {system.Name} has a balancer already, or another actor of the same name: {e.Message}", e);
        }
    }

    /// <summary>The address under which clients and workers reach it, port included.</summary>
    public Address Address => _system.Provider.DefaultAddress;

    /// <summary>Completes when it is a balancer no more: with a sentence that says why, or with null after <see cref="DisposeAsync"/>. One that has
    /// ended by itself is to be disposed, too.</summary>
    public Task<string?> Ended => _end.Task;

    /// <summary>Starts it. In a registry that keeps balancers it waits until its entry is there, or cannot be made at present.</summary>
    /// <param name="system">With remoting, and AkkaLb's serializer.</param>
    /// <param name="options">How it balances, and where workers register.</param>
    /// <param name="cancellationToken">Ends the start; what had begun is taken back.</param>
    /// <exception cref="BalancerStartException">Its id is in use, or a balancer of the other mode is there.</exception>
    /// <exception cref="ArgumentException">The options or the system are unfit; all of it is named.</exception>
    /// <exception cref="InvalidOperationException">The system has a balancer already.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<EmbeddedBalancer> StartAsync(
        ActorSystem system, EmbeddedBalancerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfUnfit();
        HostSystem.ThrowIfUnfit(system, UserMessages.None, "a balancer");
        var balancer = new EmbeddedBalancer((ExtendedActorSystem)system, options);
        try
        {
            await balancer.AnnounceAsync(options, cancellationToken).ConfigureAwait(false);
            return balancer;
        }
        catch
        {
            await balancer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Nobody finds it from now on; it rejects what is still asked, and its actors end. Workers register again where the next balancer is.
    /// Any number of times, each of which waits for the end of it.</summary>
    public ValueTask DisposeAsync() => new(_stopping.Value);

    private async Task AnnounceAsync(EmbeddedBalancerOptions options, CancellationToken cancellationToken)
    {
        if (options.Registry is not IBalancerRegistry balancers)
        {
            return;
        }

        _announcement = balancers.Announce(
            new BalancerEntry(
                options.Id, Address, _balancer.Path.ToSerializationFormatWithAddress(Address), options.Version, BalancerEntry.Independent,
                options.LeaseTtl),
            OperatorLog.Of(_system, typeof(EmbeddedBalancer)));
        _end.With(_announcement.Taken);
        var first = await Task.WhenAny(_announcement.Begun, Ended).WaitAsync(cancellationToken).ConfigureAwait(false);
        var problem = first == Ended
            ? await Ended.ConfigureAwait(false)
            : await _announcement.FindOtherModeAsync(TimeProvider.System, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
        {
            throw new BalancerStartException(problem);
        }
    }

    private async Task StopAsync()
    {
        if (_announcement is not null)
        {
            await _announcement.DisposeAsync().ConfigureAwait(false);
        }

        await TopActors.AskLastAsync(_balancer, StopAssigning.Instance, StopPatience).ConfigureAwait(false);

        await _top.StopAllAsync().ConfigureAwait(false);
        _end.Done();
    }

    private static Random NewRandom() => new(RandomNumberGenerator.GetInt32(int.MaxValue));
}

/// <summary>A balancer could not begin to be one.</summary>
/// <param name="message">One sentence that says why.</param>
public sealed class BalancerStartException(string message) : Exception(message);
