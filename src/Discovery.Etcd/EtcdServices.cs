using AkkaLb.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Discovery.Etcd;

/// <summary>Services in etcd below one prefix: read them, watch them, register in them. Thread-safe.</summary>
/// <param name="connection">Must outlive this and everything made by it. Instances are at <c>{prefix}/{service}/{instance id}</c>, with its
/// settings' prefix.</param>
/// <param name="random">Jitter of reconnections only; not shared between threads.</param>
public sealed class EtcdServices(EtcdConnection connection, Random random)
{
    /// <summary>The instances of a service, by a linearizable read.</summary>
    /// <param name="service">See <see cref="ServiceNames"/>.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>In registration order; values that cannot be read are left out and in the second list.</returns>
    /// <exception cref="RegistryUnavailableException">etcd cannot be reached within the request timeout.</exception>
    /// <exception cref="RegistryRefusedException">It refuses.</exception>
    public Task<(IReadOnlyList<ServiceInstance> Instances, IReadOnlyList<Watched<ServiceInstance>.Skipped> Skipped)> ReadAsync(
        string service, CancellationToken cancellationToken) =>
        ReadAsync<ServiceInstance>(service, ServiceInstanceValue.Read, cancellationToken);

    /// <summary>The same where a key says something else than an instance.</summary>
    /// <param name="service">See <see cref="ServiceNames"/>.</param>
    /// <param name="read">What a key says.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="RegistryUnavailableException">etcd cannot be reached within the request timeout.</exception>
    /// <exception cref="RegistryRefusedException">It refuses.</exception>
    public async Task<(IReadOnlyList<T> Items, IReadOnlyList<Watched<T>.Skipped> Skipped)> ReadAsync<T>(
        string service, ReadKey<T> read, CancellationToken cancellationToken)
        where T : class
    {
        var keys = KeysOf(service);
        var answer = await connection.ReadAsync(keys, cancellationToken).ConfigureAwait(false);
        var told = new KeyTable<T>(keys, read, namedMax: int.MaxValue).Reset(answer.Kvs, answer.Header.Revision);
        return ([.. told.OfType<Watched<T>.Known>().Single().All], [.. told.OfType<Watched<T>.Skipped>()]);
    }

    /// <summary>The instances of a service first, then all of them again with each change, as etcd pushes it.</summary>
    /// <remarks>Outages are survived inside. Ends only by cancellation, or with <see cref="RegistryRefusedException"/>;
    /// <see cref="Subscribe(string, Action{Watched{ServiceInstance}})"/> survives that too.</remarks>
    public IAsyncEnumerable<Watched<ServiceInstance>> WatchAsync(string service, CancellationToken cancellationToken) =>
        WithNews(WatchAsync<ServiceInstance>(service, ServiceInstanceValue.Read, cancellationToken));

    /// <summary>The same where a key says something else than an instance; with proofs of life, <see cref="Watched{T}.Alive"/>, and whole readings
    /// that say nothing new.</summary>
    /// <param name="service">See <see cref="ServiceNames"/>.</param>
    /// <param name="read">What a key says.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <param name="unusable">What is told of a key that cannot be used, by its id; null: it is left out.</param>
    public IAsyncEnumerable<Watched<T>> WatchAsync<T>(
        string service, ReadKey<T> read, CancellationToken cancellationToken, Func<string, T>? unusable = null)
        where T : class =>
        EtcdWatch.WatchAsync(connection, new KeyTable<T>(KeysOf(service), read, unusable: unusable), DeriveRandom(), cancellationToken);

    /// <summary>Pushes what <see cref="WatchAsync"/> tells until the subscription is disposed; for an actor: <c>e => self.Tell(e)</c>.</summary>
    /// <param name="service">See <see cref="ServiceNames"/>.</param>
    /// <param name="onEvent">Called in order, one at a time, on threads of the pool. Must neither block nor throw.</param>
    public ServiceSubscription Subscribe(string service, Action<Watched<ServiceInstance>> onEvent) =>
        Subscribe<ServiceInstance>(service, ServiceInstanceValue.Read, onEvent, mustGoOn: false);

    /// <summary>The same where a key says something else than an instance.</summary>
    /// <param name="service">See <see cref="ServiceNames"/>.</param>
    /// <param name="read">What an instance's key says; <see cref="ServiceInstanceValue.Read"/> reads all of it.</param>
    /// <param name="onEvent">As there.</param>
    /// <param name="mustGoOn">Whether the watch begins again after a pause when something unforeseen ends it. That is told as
    /// <see cref="Watched{T}.Failed"/>, and everything is told again.</param>
    /// <param name="unusable">What is told of a key that cannot be used, by its id; null: it is left out.</param>
    public ServiceSubscription Subscribe<T>(
        string service, ReadKey<T> read, Action<Watched<T>> onEvent, bool mustGoOn, Func<string, T>? unusable = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(onEvent);
        _ = KeysOf(service);
        return ServiceSubscription.Begin(
            token => WithNews(WatchAsync(service, read, token, unusable)), connection.Settings.ReconnectDelayMax, connection.TimeProvider, onEvent,
            mustGoOn);
    }

    /// <summary>Registers an instance and keeps it registered until the registration is disposed.</summary>
    /// <param name="service">See <see cref="ServiceNames"/>.</param>
    /// <param name="instance">What to say of it.</param>
    /// <param name="options">Lease and conflicts; null: the defaults.</param>
    /// <param name="onEvent">Called in order, one at a time, on threads of the pool. Must neither block nor throw.</param>
    /// <exception cref="ArgumentException">A name, the instance or an option breaks its rule.</exception>
    public EtcdServiceRegistration Register(
        string service, ServiceInstance instance, RegistrationOptions? options = null, Action<RegistrationEvent>? onEvent = null)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var key = KeysOf(service).KeyOf(ServiceNames.Checked(instance.Id));
        return new EtcdServiceRegistration(
            connection, service, key, instance, options ?? new RegistrationOptions(), DeriveRandom(), onEvent ?? (_ => { }));
    }

    private static IAsyncEnumerable<Watched<T>> WithNews<T>(IAsyncEnumerable<Watched<T>> told)
        where T : class => told.Where(e => e is not (Watched<T>.Alive or Watched<T>.Known { IsNews: false }));

    private EtcdKeyRange KeysOf(string service) => ServiceNames.KeysOf(connection.Settings.Prefix, service);

    /// <summary>Watches and registrations run at the same time, and a <see cref="Random"/> is not made for that.</summary>
    private Random DeriveRandom()
    {
        lock (random)
        {
            return new Random(random.Next());
        }
    }
}
