using System.Security.Cryptography;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using AkkaLb.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Discovery.Etcd;

/// <summary>Discovery on etcd in one actor system: the connection, the watches behind lookups, and the registration that the configuration asks
/// for.</summary>
/// <remarks>Made by the first use of the discovery method, or with the system when <c>akka.extensions</c> names <see cref="EtcdDiscoveryProvider"/>.
/// <see cref="CoordinatedShutdown"/> takes the registration out of etcd before it unbinds services.</remarks>
public sealed class EtcdDiscovery : IExtension
{
    private readonly ILoggingAdapter _log;
    private readonly EtcdConnection _connection;
    private readonly ServiceLookups _lookups;

    internal EtcdDiscovery(ExtendedActorSystem system)
    {
        system.Settings.InjectTopLevelFallback(DefaultConfig());
        Settings = EtcdDiscoverySettings.Read(system.Settings.Config);
        _log = Logging.GetLogger(system, typeof(EtcdDiscovery));
        _connection = new EtcdConnection(Settings.Etcd, TimeProvider.System);

        // This is the edge where randomness enters.
        Services = new EtcdServices(_connection, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)));
        _lookups = new ServiceLookups(Services, Settings.Lookup, Settings.WatchesMax, Log);
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "etcd-discovery-deregister", DeregisterAsync);
        system.WhenTerminated.ContinueWith(_ => EndAsync(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        Registration = Settings.Register is { } register ? Register(register, system) : null;
    }

    public EtcdDiscoverySettings Settings { get; }

    /// <summary>Reads, watches and registrations for the program's own use; lives as long as the actor system.</summary>
    public EtcdServices Services { get; }

    /// <summary>The registration that the configuration asks for; null when it asks for none.</summary>
    public EtcdServiceRegistration? Registration { get; }

    /// <summary>The settings with their defaults and meanings, to be used as a fallback of the actor system's configuration.</summary>
    /// <remarks>Needed there before the method is used: Akka.Discovery looks for <c>akka.discovery.etcd.class</c>.</remarks>
    public static Config DefaultConfig() => ConfigurationFactory.FromResource<EtcdDiscovery>("AkkaLb.Discovery.Etcd.reference.conf");

    /// <summary>The system's own; made when it is not there yet.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong; all of them are named.</exception>
    public static EtcdDiscovery Get(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return system.WithExtension<EtcdDiscovery, EtcdDiscoveryProvider>();
    }

    internal Task<IReadOnlyList<ServiceInstance>> LookupAsync(string service, TimeSpan timeout) => _lookups.LookupAsync(service, timeout);

    private EtcdServiceRegistration Register(RegisterSettings register, ExtendedActorSystem system)
    {
        var own = system.Provider.DefaultAddress;
        var host = register.Host.Length > 0 ? register.Host : own.Host;
        var port = register.Port > 0 ? register.Port : own.Port;
        if (host is null || port is null)
        {
            throw new ConfigurationException(
                $"{EtcdDiscoverySettings.Path}.register: host and port are needed, since this actor system has no remoting whose address could be "
                    + $"used");
        }

        var instance = new ServiceInstance(register.InstanceId.Length > 0 ? register.InstanceId : $"{host}:{port}", host, port.Value)
        {
            Address = register.Address,
            Version = register.Version,
            Attributes = register.Attributes,
        };
        return Services.Register(register.ServiceName, instance, register.Options, e => Log(register.ServiceName, e));
    }

    private void Log(string service, RegistrationEvent e)
    {
        switch (e)
        {
            case RegistrationEvent.Registered registered:
                _log.Info("this node is registered as \"{0}\" in etcd{1}", service, registered.IsAgain ? " again" : "");
                break;
            case RegistrationEvent.Lost lost:
                _log.Warning("the registration as \"{0}\" is lost; registering again: {1}", service, lost.Reason);
                break;
            case RegistrationEvent.Trouble trouble:
                _log.Warning("the registration as \"{0}\" cannot be kept; retrying: {1}", service, trouble.Problem);
                break;
            case RegistrationEvent.NotTakenOut left:
                _log.Warning("the registration as \"{0}\" could not be taken out; it will run out: {1}", service, left.Problem);
                break;
            case RegistrationEvent.LongerLease longer:
                _log.Warning("registering as \"{0}\": {1}", service, longer);
                break;
            case RegistrationEvent.Taken taken:
                _log.Error("this node is not registered: {0}", taken.Sentence);
                break;
        }
    }

    private void Log(string service, Watched<ServiceInstance> e)
    {
        switch (e)
        {
            case Watched<ServiceInstance>.Skipped skipped:
                _log.Warning("the value of {0} is left out: {1}", skipped.Key, skipped.Problem);
                break;
            case Watched<ServiceInstance>.MoreSkipped more:
                _log.Warning("... and more values of \"{0}\" are left out: {1}", service, more.Count);
                break;
            case Watched<ServiceInstance>.Down down:
                _log.Warning("etcd cannot be asked for \"{0}\"; the last known instances stay: {1}", service, down.Reason);
                break;
            case Watched<ServiceInstance>.Up:
                _log.Info("etcd can be asked for \"{0}\" again", service);
                break;
            case Watched<ServiceInstance>.Failed failed:
                _log.Error(
                    failed.Cause, "the watch of \"{0}\" failed; the last known instances stay, and the watch begins again after a pause", service);
                break;
        }
    }

    private async Task<Done> DeregisterAsync()
    {
        if (Registration is not null)
        {
            await Registration.DisposeAsync().ConfigureAwait(false);
        }

        return Done.Instance;
    }

    private async Task EndAsync()
    {
        await DeregisterAsync().ConfigureAwait(false);
        await _lookups.DisposeAsync().ConfigureAwait(false);
        _connection.Dispose();
    }
}

/// <summary>Makes <see cref="EtcdDiscovery"/>; may be listed in <c>akka.extensions</c>.</summary>
public sealed class EtcdDiscoveryProvider : ExtensionIdProvider<EtcdDiscovery>
{
    public override EtcdDiscovery CreateExtension(ExtendedActorSystem system) => new(system);
}
