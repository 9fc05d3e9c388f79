using AkkaLb.Client;
using AkkaLb.Programs;
using AkkaLb.Programs.Http;
using AkkaLb.Registry;
using AkkaLb.Watching;
using Microsoft.Extensions.Hosting;

namespace AkkaLb.ClientNode.Commands;

/// <summary>A command's connection, and what an interruption does to it: sending stops, and what is in flight gets a moment.</summary>
internal sealed class ClientSession(
    ProgramHost program, ClientNodeSettings settings, RegistryPart registry, NodePart node, HttpPart http) : IHostedService
{
    /// <summary>For the balancers, when etcd has taken the rest of the time.</summary>
    private static readonly TimeSpan LookUpMin = TimeSpan.FromSeconds(1);

    private BalancedClient? _client;

    public BalancedClient Client => _client ?? throw new InvalidOperationException("it has not been started");

    /// <summary>Where the balancers are.</summary>
    public IBalancerDirectory Balancers { get; } = registry.Balancers(settings.Balancers);

    /// <summary>Where what operators want of workers is kept; null: nowhere.</summary>
    public IOverrideRegistry? Overrides => registry.Etcd;

    /// <summary>Signalled when the command is to end: it was interrupted, or its client cannot continue.</summary>
    public CancellationToken Interrupted => program.Ending;

    /// <exception cref="ProgramException">No balancer answers.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var left = settings.ConnectTimeout - registry.Waited;
        var patience = settings.Balancers is not null || left > LookUpMin ? left : LookUpMin;
        using var line = new WaitingLine(() => $"a balancer: {Where()}", patience, TimeProvider.System, Console.Error.WriteLine);
        program.EndWith(node.Ended);
        _client = new BalancedClient(
            node.System,
            ownsSystem: true,
            new BalancedClientOptions { Balancers = Balancers, Contact = settings.Contact, Settings = settings.Client });
        try
        {
            await _client.WaitForBalancerAsync(patience, cancellationToken).ConfigureAwait(false);
        }
        catch (NoBalancerException e)
        {
            throw new ProgramException(
                ExitCode.Unreachable,
                settings.Balancers is null && await IsNoneListedAsync().ConfigureAwait(false)
                    ? $"no balancer is registered in etcd below {settings.Common.Etcd!.Prefix}/: start one, or check --etcd and --prefix"
                    : $"{Where()}: {e.Message}; start the balancer, or check --balancer and --etcd",
                e);
        }

        http.Show(new NodeView(new ClientHealthCheck(() => _client), StateAsync));
        if (http.Url is { } url)
        {
            await Console.Error.WriteLineAsync($"this client answers HTTP at {url}").ConfigureAwait(false);
        }

        program.Ready();
    }

    public Task StopAsync(CancellationToken cancellationToken) => _client?.DisposeAsync().AsTask() ?? Task.CompletedTask;

    /// <summary>The end of everything that is in flight, or of the patience with it after an interruption.</summary>
    public async Task<bool> SettleAsync(Task inFlight)
    {
        try
        {
            await inFlight.WaitAsync(settings.ShutdownWait).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<object> StateAsync(CancellationToken stopping) => new
    {
        address = node.Address.ToString(),
        version = NodeProgram.Version,
        inFlight = (await Client.InFlightAsync(stopping).ConfigureAwait(false)).Select(
            w => new { worker = w.Key.Id, w.Key.Incarnation, jobs = w.Value }),
    };

    private async Task<bool> IsNoneListedAsync()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);
        try
        {
            return (await Balancers.ReadOnceAsync(bound.Token).ConfigureAwait(false)).Count == 0;
        }
        catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException or OperationCanceledException)
        {
            return false;
        }
    }

    private string Where() => settings.Balancers is { } listed
        ? string.Join(", ", listed.Select(a => $"{a.Host}:{a.Port}"))
        : "the balancers in etcd";
}
