using Akka.Configuration;
using AkkaLb.BuiltInJobs;
using AkkaLb.Client;
using AkkaLb.Messages;
using AkkaLb.Programs;
using AkkaLb.Programs.Logs;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.ClientNode.Commands;

/// <summary>A command's connection, and what <see cref="EndSignals"/> do to it: sending stops, and what is in flight gets a moment.</summary>
internal sealed class ClientSession : IAsyncDisposable
{
    /// <summary>For the balancers, when etcd has taken the rest of the time.</summary>
    private static readonly TimeSpan LookUpMin = TimeSpan.FromSeconds(1);

    private readonly EtcdRegistry? _etcd;
    private readonly CancellationTokenSource _interrupted;
    private readonly EndSignals _signals;
    private readonly NodeLogging? _log;

    private ClientSession(
        BalancedClient client, IBalancerDirectory balancers, EtcdRegistry? etcd, CancellationTokenSource interrupted, EndSignals signals,
        NodeLogging? log, TimeSpan wait)
    {
        (Client, Balancers, _etcd, _interrupted, _signals, _log, ShutdownWait) = (client, balancers, etcd, interrupted, signals, log, wait);
    }

    public BalancedClient Client { get; }

    /// <summary>Where the balancers are.</summary>
    public IBalancerDirectory Balancers { get; }

    /// <summary>How long to wait for what is in flight after an interruption.</summary>
    public TimeSpan ShutdownWait { get; }

    /// <summary>Signalled by one of the <see cref="EndSignals"/>.</summary>
    public CancellationToken Interrupted => _interrupted.Token;

    /// <exception cref="ProgramException">No balancer answers, the port is taken, or interrupted meanwhile.</exception>
    public static async Task<ClientSession> OpenAsync(ClientNodeSettings settings, Config config)
    {
        NodeHost.ThrowIfUnfit(settings.Common);
        var interrupted = new CancellationTokenSource();
        var signals = new EndSignals(interrupted.Cancel, isSecondFinal: true);
        var etcd = settings.Common.Etcd is { } e ? new EtcdRegistry(e, TimeProvider.System, new Random(NewSeed())) : null;
        var log = settings.Common.Log.Level == LogLevel.Off ? null : new NodeLogging(settings.Common.Log, Console.Error);
        log?.Started();
        try
        {
            var (begun, patience) = (TimeProvider.System.GetTimestamp(), settings.ConnectTimeout);
            if (settings.Balancers is null)
            {
                await EtcdWait.RunAsync(
                    etcd!.ProbeAsync, string.Join(", ", settings.Common.Etcd!.Endpoints), settings.ConnectTimeout, TimeProvider.System,
                    Console.Error.WriteLine, interrupted.Token).ConfigureAwait(false);
                var left = settings.ConnectTimeout - TimeProvider.System.GetElapsedTime(begun);
                patience = left > LookUpMin ? left : LookUpMin;
            }

            IBalancerDirectory balancers = settings.Balancers is { } listed ? new FixedBalancers(listed) : new EtcdBalancers(etcd!);
            using var line = new WaitingLine(
                () => $"a balancer: {Where(settings)}", patience, TimeProvider.System, Console.Error.WriteLine);
            var client = await BalancedClient.ConnectAsync(
                new BalancedClientOptions
                {
                    Balancers = balancers,
                    Contact = settings.Contact,
                    Settings = settings.Client,
                    ConnectTimeout = patience,
                    Host = settings.Common.Host,
                    Port = settings.Common.Port,
                    Tls = settings.Common.Tls,
                    Messages = settings.Messages,
                    Log = log is null ? null : (NodeLogger.Config, new NodeLoggingSetup(log)),
                    AkkaConfig = BuiltInSerializer.Binding.WithFallback(config).WithFallback(SystemConfig.Binding(
                        settings.Common.Host, settings.Common.Port, settings.Common.BindHost, settings.Common.BindPort)),
                },
                interrupted.Token).ConfigureAwait(false);
            return new ClientSession(client, balancers, etcd, interrupted, signals, log, settings.ShutdownWait);
        }
        catch (Exception problem)
        {
            signals.Dispose();
            interrupted.Dispose();
            if (log is not null)
            {
                await log.DisposeAsync().ConfigureAwait(false);
            }

            var isNoneListed = problem is NoBalancerException && settings.Balancers is null && await IsNoneListedAsync(etcd!).ConfigureAwait(false);
            if (etcd is not null)
            {
                await etcd.DisposeAsync().ConfigureAwait(false);
            }

            throw problem switch
            {
                NoBalancerException when isNoneListed => new ProgramException(
                    ExitCode.Unreachable,
                    $"no balancer is registered in etcd below {settings.Common.Etcd!.Prefix}/: start one, or check --etcd and --prefix", problem),
                NoBalancerException => new ProgramException(
                    ExitCode.Unreachable, $"{Where(settings)}: {problem.Message}; start the balancer, or check --balancer and --etcd", problem),
                OperationCanceledException => new ProgramException(ExitCode.Interrupted, "interrupted before anything was sent", problem),
                ProgramException => problem,
                _ => NodeHost.BindFailure(settings.Common, problem) ?? problem,
            };
        }
    }

    /// <summary>Runs a command to its end.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="ProgramException">The client's actor ended first: no further job could be done.</exception>
    public async Task<int> RunAsync(Func<ClientSession, Task<int>> command)
    {
        var running = command(this);
        if (await Task.WhenAny(running, Client.Ended).ConfigureAwait(false) == running)
        {
            return await running.ConfigureAwait(false);
        }

        // The command ends as after an interruption: it tells what was done, and begins nothing more.
        var why = await Client.Ended.ConfigureAwait(false);
        await _interrupted.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        throw new ProgramException(ExitCode.Unreachable, why);
    }

    private static async Task<bool> IsNoneListedAsync(EtcdRegistry etcd)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);
        try
        {
            return (await new EtcdBalancers(etcd).ReadOnceAsync(bound.Token).ConfigureAwait(false)).Count == 0;
        }
        catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>The end of everything that is in flight, or of the patience with it after an interruption.</summary>
    public async Task<bool> SettleAsync(Task inFlight)
    {
        try
        {
            await inFlight.WaitAsync(ShutdownWait).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _signals.Dispose();
        await Client.DisposeAsync().ConfigureAwait(false);
        _interrupted.Dispose();
        if (_etcd is not null)
        {
            await _etcd.DisposeAsync().ConfigureAwait(false);
        }

        if (_log is not null)
        {
            await _log.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static string Where(ClientNodeSettings settings) => settings.Balancers is { } listed
        ? string.Join(", ", listed.Select(a => $"{a.Host}:{a.Port}"))
        : "the balancers in etcd";

    private static int NewSeed() => System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);
}
