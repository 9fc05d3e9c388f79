using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using AkkaLb.Etcd;
using AkkaLb.Messages;
using AkkaLb.Programs.Logs;
using AkkaLb.Programs.Settings;
using AkkaLb.Remoting;
using AkkaLb.Remoting.Links;
using AkkaLb.Remoting.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using LogLevel = AkkaLb.Programs.Logs.LogLevel;

namespace AkkaLb.Programs;

/// <summary>A node's generic host with its actor system, started and stopped in a visible order.</summary>
public sealed class NodeHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly NodeLogging _logging;
    private readonly TopActors _top;

    private NodeHost(IHost host, NodeLogging logging)
    {
        (_host, _logging) = (host, logging);
        System = (ExtendedActorSystem)host.Services.GetRequiredService<ActorSystem>();
        _top = TopActors.Of(System);
        StrayJobs.AnswerIn(System);
        _top.Ended.ContinueWith(_ => Lifetime.StopApplication(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public ExtendedActorSystem System { get; }

    /// <summary>The address under which others reach this node, port included.</summary>
    public Address Address => System.Provider.DefaultAddress;

    /// <summary>Signalled by one of the <see cref="EndSignals"/>, and when one of the actors of <see cref="Start"/> has ended: either way the
    /// program leaves in order and then returns <see cref="Outcome"/>.</summary>
    public CancellationToken Stopping => Lifetime.ApplicationStopping;

    private IHostApplicationLifetime Lifetime => _host.Services.GetRequiredService<IHostApplicationLifetime>();

    /// <summary>Starts a node that listens for others.</summary>
    /// <param name="user">The operator's configuration: what it says of Akka goes over our defaults, not over our serializers.</param>
    /// <param name="extra">What this kind of node needs of Akka beside remoting; null: nothing.</param>
    /// <exception cref="ProgramException">The port is taken, the address is not this machine's, or its certificate is of no use.</exception>
    public static async Task<NodeHost> StartAsync(
        CommonSettings settings, Config user, UserMessages messages, ExtraConfig? extra = null)
    {
        ThrowIfUnfit(settings);
        var logging = new NodeLogging(settings.Log, Console.Error);
        var config = Layers(
            settings.Tls is null ? LimitedTcpTransport.Switch : MutualTlsSetup.Config,
            extra?.Serialization ?? Config.Empty,
            SystemConfig.Serialization,
            user,
            extra?.Akka ?? Config.Empty,
            SystemConfig.Binding(settings.Host, settings.Port, settings.BindHost, settings.BindPort),
            SystemConfig.Remoting(settings.Host, settings.Port));
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, SignalLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.Services.AddAkka(SystemConfig.SystemName, (akka, _) => AddTls(akka, settings.Tls)
            .ConfigureLoggers(loggers =>
            {
                loggers.LogLevel = settings.Log.Level switch
                {
                    LogLevel.Debug => Akka.Event.LogLevel.DebugLevel,
                    LogLevel.Info => Akka.Event.LogLevel.InfoLevel,
                    LogLevel.Warning => Akka.Event.LogLevel.WarningLevel,
                    LogLevel.Error or LogLevel.Off => Akka.Event.LogLevel.ErrorLevel,
                };
                loggers.ClearLoggers();
                loggers.AddLogger<NodeLogger>();
            })
            .AddSetup(new NodeLoggingSetup(logging))
            .AddHocon(config, HoconAddMode.Prepend)
            .AddSetup(messages.ToSetup()));
        var host = builder.Build();
        try
        {
            // Made here and not by the hosted service, which would print the whole exception.
            host.Services.GetRequiredService<ActorSystem>();
            await host.StartAsync().ConfigureAwait(false);
            TellOfFiles(settings.Etcd?.Tls, host.Services.GetRequiredService<ActorSystem>());
            return new NodeHost(host, logging);
        }
        catch (Exception e) when (BindFailure(settings, e) is { } failure)
        {
            host.Dispose();
            await logging.DisposeAsync().ConfigureAwait(false);
            throw failure;
        }
    }

    /// <summary>The line for an actor system that could not listen where it should; null when that is not what went wrong.</summary>
    public static ProgramException? BindFailure(CommonSettings settings, Exception e) =>
        FindBindFailure(e) is { } cause ? new ProgramException(ExitCode.Unreachable, Describe(settings, cause), e) : null;

    /// <exception cref="ProgramException">Every other node would refuse this one's certificate.</exception>
    public static void ThrowIfUnfit(CommonSettings settings)
    {
        if (settings.Tls?.WhyUnfit(settings.Host, TimeProvider.System.GetUtcNow()) is { } reason)
        {
            throw new ProgramException(ExitCode.Unreachable, $"{NodeKeys.TlsCertificate} = {reason}");
        }
    }

    /// <summary>Starts a top-level actor, without which this program is of no use: when it ends, so does the program.</summary>
    public IActorRef Start(Props props, string name) => _top.Start(props, name);

    /// <summary>The exit code of a program that was told to stop; to be asked before the actor system ends.</summary>
    /// <exception cref="ProgramException">Nobody told it: one of its actors has ended.</exception>
    public int Outcome() => Failure is { } failure ? throw failure : ExitCode.Ok;

    /// <summary>What <see cref="Outcome"/> would throw now; null when nothing. For a program that stops actors of its own on its way out.</summary>
    public ProgramException? Failure =>
        _top.Ended.IsCompletedSuccessfully ? new ProgramException(ExitCode.Unreachable, _top.Ended.GetAwaiter().GetResult()) : null;

    /// <summary>Prints the one line that says the node is ready, and lets the log speak.</summary>
    public void Ready(string line)
    {
        try
        {
            Console.Out.WriteLine(line);
        }
        catch (ProgramException e)
        {
            // A node serves others: it works without its output, which only whoever started it reads.
            _logging.Add(new LogLine(
                TimeProvider.System.GetUtcNow(), LogLevel.Warning, nameof(NodeHost), $"the line \"{line}\" could not be written: {Why(e)}", null),
                isOurs: true);
        }

        _logging.Started();
    }

    /// <summary>Ends the actor system, then the host.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync().ConfigureAwait(false);
        _host.Dispose();
        await _logging.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>A renewed certificate for etcd, or one that cannot be used, is a line in the log. The transport sees to those between
    /// nodes.</summary>
    private static void TellOfFiles(EtcdTls? tls, ActorSystem system)
    {
        if (tls is not null)
        {
            var log = Akka.Event.Logging.GetLogger(system, nameof(EtcdTls));
            tls.Told += log.Tell;
        }
    }

    private static AkkaConfigurationBuilder AddTls(AkkaConfigurationBuilder akka, NodeTls? tls) =>
        tls is null ? akka : akka.AddSetup(new MutualTlsSetup(tls));

    /// <summary>Each over those that follow. Empty ones are left out: Akka refuses an empty configuration as the fallback of another.</summary>
    private static Config Layers(params IReadOnlyList<Config> layers) =>
        layers.Where(layer => !layer.IsEmpty).Aggregate((over, under) => over.WithFallback(under));

    private static string Why(ProgramException e) => e.ExitCode == ExitCode.BrokenPipe ? "nobody reads standard output" : e.Message;

    private static SocketException? FindBindFailure(Exception e) => e switch
    {
        SocketException socket => socket,
        AggregateException many => many.InnerExceptions.Select(FindBindFailure).FirstOrDefault(found => found is not null),
        { InnerException: { } inner } => FindBindFailure(inner),
        _ => null,
    };

    private static string Describe(CommonSettings settings, SocketException cause) => cause.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            $"port {settings.BindPort} on {settings.BindHost} is in use: stop what listens there, or choose another --port (0: any free one)",
        SocketError.AddressNotAvailable or SocketError.HostNotFound or SocketError.NoData =>
            $"{settings.BindHost} is not an address of this machine: choose another --host",
        SocketError.AccessDenied => $"port {settings.BindPort} may not be used by this user: choose another --port",
        _ => $"this node cannot listen on {settings.BindHost}:{settings.BindPort}: {cause.Message}",
    };
}

/// <summary>Akka's configuration for one kind of node.</summary>
/// <param name="Serialization">Serializers; no user's configuration goes over these.</param>
/// <param name="Akka">Everything else; a user's configuration goes over it.</param>
public sealed record ExtraConfig(Config Serialization, Config Akka);
