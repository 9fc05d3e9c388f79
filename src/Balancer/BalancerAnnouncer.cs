using Akka.Actor;
using Akka.Event;
using AkkaLb.Discovery.Etcd;
using AkkaLb.Registry.Etcd;

namespace AkkaLb.Balancer;

/// <summary>Keeps this balancer's own entry in etcd, so that clients and workers find it. Disposing it takes the entry out.</summary>
/// <remarks>While etcd is away nothing depends on it: who knows the balancer's address goes on using it. So it tries for ever and only logs. It ends early only
/// when another process holds the id; a crashed one is waited for, one time to live.</remarks>
public sealed class BalancerAnnouncer : IAsyncDisposable
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _id;
    private readonly ILoggingAdapter _log;
    private readonly EtcdServiceRegistration _registration;
    private bool _wasRegistered;
    private bool _isTroubled;

    /// <param name="id">See <c>WorkerIds</c>.</param>
    /// <param name="address">Of this node.</param>
    /// <param name="path">The balancer actor's absolute path.</param>
    /// <param name="ttl">Of the entry's lease; it is renewed three times as often.</param>
    public BalancerAnnouncer(EtcdServices services, string id, Address address, string path, string version, TimeSpan ttl, ILoggingAdapter log)
    {
        (_id, _log) = (id, log);
        _registration = services.Register(
            EtcdRegistry.BalancersService,
            new ServiceInstance(id, address.Host, address.Port!.Value) { Path = path, Version = version },
            new RegistrationOptions { LeaseTtl = ttl, OnConflict = ConflictRule.Refuse },
            OnEvent);
    }

    /// <summary>Completes when the entry is there for the first time, or cannot be made at present.</summary>
    public Task Begun => _begun.Task;

    /// <summary>Completes, with a sentence for the operator, when another process holds the id: this balancer has to end.</summary>
    public Task<string> Taken => _taken.Task;

    public ValueTask DisposeAsync() => _registration.DisposeAsync();

    private void OnEvent(RegistrationEvent e)
    {
        switch (e)
        {
            case RegistrationEvent.Registered:
                if (_isTroubled)
                {
                    _log.Info("this balancer's entry in etcd is kept again");
                }

                (_isTroubled, _wasRegistered) = (false, true);
                _begun.TrySetResult();
                break;
            case RegistrationEvent.Lost lost:
                Trouble(lost.Reason);
                break;
            case RegistrationEvent.Trouble trouble:
                Trouble(trouble.Problem);
                _begun.TrySetResult();
                break;
            case RegistrationEvent.Taken taken:
                _taken.TrySetResult(Sentence(taken.Holder));
                break;
        }
    }

    private void Trouble(string problem)
    {
        if (!_isTroubled)
        {
            _log.Warning("this balancer's entry in etcd cannot be kept, trying on: {0}", problem);
        }

        _isTroubled = true;
    }

    private string Sentence(ServiceInstance? holder)
    {
        var where = holder is null ? "" : $" at {holder.Host}:{holder.Port}";
        return _wasRegistered
            ? $"the id \"{_id}\" was taken by another balancer{where} while this one had lost its lease"
            : $"the id \"{_id}\" is in use by another balancer{where}: choose another --id, or stop that one";
    }
}
