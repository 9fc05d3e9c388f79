using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using AkkaLb.Etcd;
using AkkaLb.Messages;
using AkkaLb.Programs.Logs;
using AkkaLb.Programs.Settings;
using AkkaLb.Registry;
using AkkaLb.Remoting;
using AkkaLb.Transport.Pipelines.Tls;
using Microsoft.Extensions.Hosting;

namespace AkkaLb.Programs;

/// <summary>A node's actor system, which listens for others.</summary>
/// <param name="user">The operator's configuration: what it says of Akka goes over our defaults, not over our serializers.</param>
/// <param name="extra">What this kind of node needs of Akka beside remoting, asked for at the start; null: nothing.</param>
public sealed class NodePart(ProgramHost program, CommonSettings settings, Config user, UserMessages messages, Func<ExtraConfig>? extra = null)
    : IHostedService
{
    private readonly PartEnd _end = new();
    private ExtendedActorSystem? _system;

    public ExtendedActorSystem System => _system ?? throw new InvalidOperationException("it has not been started");

    /// <summary>The address under which others reach this node, port included.</summary>
    public Address Address => System.Provider.DefaultAddress;

    /// <summary>Completes with a sentence when an actor has ended that the program needs, and with null when the whole system has.</summary>
    public Task<string?> Ended => _end.Task;

    /// <exception cref="ProgramException">The port is taken, the address is not this machine's, or its certificate is of no use.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (settings.Tls?.WhyUnfit(settings.Host, TimeProvider.System.GetUtcNow()) is { } reason)
        {
            throw new ProgramException(ExitCode.Unreachable, $"{NodeKeys.TlsCertificate} = {reason}");
        }

        try
        {
            _system = (ExtendedActorSystem)ActorSystem.Create(SystemConfig.SystemName, Setup());
        }
        catch (Exception e) when (ListenFailure.In(e) is { } cause)
        {
            throw new ProgramException(
                ExitCode.Unreachable,
                ListenProblem.Describe(cause, settings.BindHost, settings.BindPort, NodeKeys.Port.Flag!, NodeKeys.Host.Flag!), e);
        }

        StrayJobs.AnswerIn(_system);
        _end.With(TopActors.Of(_system).Ended);
        _system.WhenTerminated.ContinueWith(
            _ => _end.Done(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (settings.Etcd?.Tls is { } tls)
        {
            // A renewed certificate for etcd, or one that cannot be used. The transport sees to those between nodes.
            tls.Told += Logging.GetLogger(_system, nameof(EtcdTls)).Tell;
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        _system is null ? Task.CompletedTask : CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClrExitReason.Instance);

    private ActorSystemSetup Setup()
    {
        var more = extra?.Invoke();
        var (transport, setups) = NodeTransports.For(settings.Transport, settings.Tls);
        var config = Layers(
            NodeLogger.Switch,
            transport,
            more?.Serialization ?? Config.Empty,
            SystemConfig.Serialization,
            user,
            more?.Akka ?? Config.Empty,
            SystemConfig.Binding(settings.Host, settings.Port, settings.BindHost, settings.BindPort),
            SystemConfig.Remoting(settings.Host, settings.Port));
        return ActorSystemSetup.Create(
            [BootstrapSetup.Create().WithConfig(config), messages.ToSetup(), new NodeLoggingSetup(program.Log), .. setups]);
    }

    /// <summary>Each over those that follow. Empty ones are left out: Akka refuses an empty configuration as the fallback of another.</summary>
    private static Config Layers(params IReadOnlyList<Config> layers) =>
        layers.Where(layer => !layer.IsEmpty).Aggregate((over, under) => over.WithFallback(under));
}

/// <summary>Akka's configuration for one kind of node.</summary>
/// <param name="Serialization">Serializers; no user's configuration goes over these.</param>
/// <param name="Akka">Everything else; a user's configuration goes over it.</param>
public sealed record ExtraConfig(Config Serialization, Config Akka);
