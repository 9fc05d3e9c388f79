using System.Collections.Immutable;
using AkkaLb.Core.Machines;
using AkkaLb.Discovery.Etcd;
using AkkaLb.Messages;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Etcd;

/// <summary>Keeps this balancer's own entry in etcd, so that clients and workers find it. Disposing it takes the entry out.</summary>
/// <remarks>While etcd is away nothing depends on it: who knows the balancer's address continues using it. So it tries for ever and only logs. It
/// ends early only when another process holds the id; a crashed one is waited for, one time to live.</remarks>
internal sealed class BalancerAnnouncer : IBalancerAnnouncement
{
    private const string ModeAttribute = "mode";
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EtcdServices _services;
    private readonly string _id;
    private readonly string _mode;
    private readonly OperatorLog _log;
    private readonly EtcdServiceRegistration _registration;
    private readonly Trouble _trouble = new(toldMax: 10);
    private bool _wasRegistered;

    public BalancerAnnouncer(EtcdServices services, BalancerEntry entry, OperatorLog log)
    {
        (_services, _id, _mode, _log) = (services, entry.Id, entry.Mode, log);
        _registration = services.Register(
            EtcdRegistry.BalancersService,
            new ServiceInstance(entry.Id, entry.Address.Host, entry.Address.Port!.Value)
            {
                Path = entry.Path,
                Version = entry.Version,
                Attributes = ImmutableSortedDictionary<string, string>.Empty.Add(ModeAttribute, entry.Mode),
            },
            new RegistrationOptions { LeaseTtl = entry.Ttl, OnConflict = ConflictRule.Refuse },
            OnEvent);
        _ = ObserveAsync();
    }

    /// <inheritdoc/>
    public Task Begun => _begun.Task;

    /// <inheritdoc/>
    public Task<string> Taken => _taken.Task;

    /// <inheritdoc/>
    public async Task<string?> FindOtherModeAsync(TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                var (instances, _) = await _services.ReadAsync(EtcdRegistry.BalancersService, cancellationToken).ConfigureAwait(false);
                if (instances.FirstOrDefault(
                    i => i.Id != _id && i.Attributes.TryGetValue(ModeAttribute, out var mode) && mode != _mode) is not { } other)
                {
                    return null;
                }

                if (timeProvider.GetElapsedTime(start) >= _registration.LeaseTtl + RegistrationOptions.ExpirySlack)
                {
                    return $"the balancer \"{other.Id}\" at {other.Host}:{other.Port} runs with --mode {other.Attributes[ModeAttribute]}, this one "
                        + $"with --mode {_mode}: start all of one prefix in the same mode";
                }
            }
            catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException)
            {
                return null;
            }

            await Task.Delay(LookEvery, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _registration.DisposeAsync();

    private async Task ObserveAsync()
    {
        try
        {
            await _registration.Completion.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it was, it is told; nobody else would.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // Nobody who starts from now on would find it: no use to live on.
            _log.Note(NoteLevel.Error, "this balancer's entry in etcd is no longer kept", e);
            _taken.TrySetResult($"this balancer's entry in etcd is no longer kept, so others cannot find it: {e.GetType().Name}: {e.Message}");
        }
    }

    private void OnEvent(RegistrationEvent e)
    {
        switch (e)
        {
            case RegistrationEvent.Registered:
                if (_trouble.End())
                {
                    _log.Note(NoteLevel.Info, "this balancer's entry in etcd is kept again");
                }

                _wasRegistered = true;
                _begun.TrySetResult();
                break;
            case RegistrationEvent.Lost lost:
                CannotBeKept(lost.Reason);
                break;
            case RegistrationEvent.Trouble trouble:
                CannotBeKept(trouble.Problem);
                _begun.TrySetResult();
                break;
            case RegistrationEvent.LongerLease longer:
                _log.Note(NoteLevel.Warning, $"this balancer's entry in etcd: {longer}");
                break;
            case RegistrationEvent.NotTakenOut left:
                _log.Note(NoteLevel.Warning, $"this balancer's entry in etcd could not be taken out; it will run out: {left.Problem}");
                break;
            case RegistrationEvent.Taken taken:
                _taken.TrySetResult(Sentence(taken.Holder));
                break;
        }
    }

    private void CannotBeKept(string problem)
    {
        if (_trouble.Meet(problem))
        {
            _log.Note(NoteLevel.Warning, $"this balancer's entry in etcd cannot be kept; retrying: {problem}");
        }
    }

    private string Sentence(ServiceInstance? holder)
    {
        var where = holder is null ? "" : $" at {holder.Host}:{holder.Port}";
        return _wasRegistered
            ? $"the id \"{_id}\" was taken by another balancer{where}: stop one of them"
            : $"the id \"{_id}\" is in use by another balancer{where}: choose another id, or stop that one";
    }
}
