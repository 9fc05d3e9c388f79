using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace AkkaLb.Tests.Support.Etcd;

/// <summary>A throwaway etcd on loopback, alone or a member of an <see cref="EtcdCluster"/>, with its own ports and data, and fast timers: it grants
/// leases of 1 s.</summary>
/// <remarks>Disposing it kills the process and deletes the data. It never uses etcd's usual ports.</remarks>
public sealed class EtcdProcess : IAsyncDisposable
{
    private const int StartAttemptsMax = 5;
    private static readonly TimeSpan HealthyWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StoppedWithin = TimeSpan.FromSeconds(15);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(1) };
    private static readonly HttpClient Gateway = new() { Timeout = HealthyWithin };

    private readonly string _directory = Directory.CreateTempSubdirectory("akkalb-etcd-").FullName;
    private readonly string _name;
    private readonly EtcdTimers _timers;
    private string _token = Path.GetRandomFileName();
    private string? _initialCluster;
    private int _clientPort;
    private int _peerPort;
    private GuardedProcess? _process;

    private readonly EtcdSecurity _security;
    private int _plainPort;
    private string[] _etcdctlUser = [];

    private EtcdProcess(string name, EtcdTimers timers, EtcdSecurity? security = null) =>
        (_name, _timers, _security) = (name, timers, security ?? new EtcdSecurity());

    /// <summary>The client address, <c>http://127.0.0.1:port</c>, or <c>https</c>.</summary>
    public string Endpoint => FormattableString.Invariant($"{(_security.Server is null ? "http" : "https")}://127.0.0.1:{_clientPort}");

    public int Port => _clientPort;

    public int Pid => Running.Id;

    public bool IsRunning => _process is not null;

    /// <summary>Its part of <c>--initial-cluster</c>.</summary>
    internal string Introduction => $"{_name}={Peer}";

    private string InitialCluster => _initialCluster ?? Introduction;

    private string Peer => FormattableString.Invariant($"http://127.0.0.1:{_peerPort}");

    /// <summary>Health and metrics, without TLS.</summary>
    private string Plain => FormattableString.Invariant($"http://127.0.0.1:{_plainPort}");

    private string LogFile => Path.Combine(_directory, "etcd.log");

    private GuardedProcess Running => _process ?? throw new InvalidOperationException("etcd is not running.");

    /// <summary>Starts one and waits until it is healthy.</summary>
    /// <exception cref="InvalidOperationException">etcd is not installed, or does not start; the message says what to do.</exception>
    public static Task<EtcdProcess> StartAsync(CancellationToken cancellationToken = default) => StartAsync(new EtcdSecurity(), cancellationToken);

    /// <inheritdoc cref="StartAsync(CancellationToken)"/>
    public static Task<EtcdProcess> StartAsync(EtcdSecurity security, CancellationToken cancellationToken = default) =>
        StartAsync(security, EtcdTimers.Fast, cancellationToken);

    /// <inheritdoc cref="StartAsync(CancellationToken)"/>
    public static Task<EtcdProcess> StartAsync(EtcdTimers timers, CancellationToken cancellationToken = default) =>
        StartAsync(new EtcdSecurity(), timers, cancellationToken);

    private static async Task<EtcdProcess> StartAsync(EtcdSecurity security, EtcdTimers timers, CancellationToken cancellationToken)
    {
        var etcd = new EtcdProcess("n0", timers, security);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                etcd.TakePorts();
                if (await etcd.TryLaunchAsync(cancellationToken))
                {
                    return etcd;
                }

                await etcd.ThrowUnlessPortIsTakenAsync(isLast: attempt == StartAttemptsMax);
                etcd.DeleteData();
            }
        }
        catch
        {
            await etcd.DisposeAsync();
            throw;
        }
    }

    /// <summary>A member of a cluster that is being put together; not started.</summary>
    internal static EtcdProcess NewMember(string name, string token, EtcdTimers timers)
    {
        var member = new EtcdProcess(name, timers) { _token = token };
        member.TakePorts();
        return member;
    }

    /// <summary>Starts a member for the first time. False when one of its ports has been taken meanwhile.</summary>
    internal async Task<bool> TryJoinAsync(string initialCluster, CancellationToken cancellationToken)
    {
        _initialCluster = initialCluster;
        if (await TryLaunchAsync(cancellationToken))
        {
            return true;
        }

        await ThrowUnlessPortIsTakenAsync(isLast: false);
        return false;
    }

    /// <summary>SIGKILL; returns when the process is gone.</summary>
    public void Kill()
    {
        Running.Dispose();
        _process = null;
    }

    /// <summary>SIGTERM; returns when the process is gone.</summary>
    public async Task StopGracefullyAsync()
    {
        using var bound = new CancellationTokenSource(StoppedWithin);
        Running.Signal(Signals.Terminate);
        await Running.WaitForExitAsync(bound.Token);
        Kill();
    }

    /// <summary>SIGSTOP: the process keeps its connections and answers nothing.</summary>
    /// <remarks>Returns when every thread has stopped: until then it may still answer.</remarks>
    public void Freeze()
    {
        Running.Signal(Signals.Stop);
        SpinWait.SpinUntil(() => !OperatingSystem.IsLinux() || Directory.EnumerateDirectories($"/proc/{Pid}/task").All(IsStopped),
            TimeSpan.FromSeconds(10));
    }

    /// <summary>The state is the first word behind the name, which stands in parentheses and may hold any character.</summary>
    private static bool IsStopped(string task)
    {
        var stat = File.ReadAllText($"{task}/stat");
        return stat[stat.LastIndexOf(')') + 2] == 'T';
    }

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Running.Signal(Signals.Continue);

    /// <summary>Starts it again on the same data and ports, and waits until it is healthy; kills it first if it runs.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        if (_process is not null)
        {
            Kill();
        }

        if (!await TryLaunchAsync(cancellationToken))
        {
            throw new InvalidOperationException($"etcd did not start again: {await ReadLogAsync()}");
        }
    }

    /// <summary>Kills it and throws its data away: started again it is another, empty cluster at the same address.</summary>
    public void Wipe()
    {
        Kill();
        DeleteData();
        _token = Path.GetRandomFileName();
    }

    /// <summary>Writes a backup.</summary>
    /// <returns>Its file, deleted with everything else.</returns>
    public async Task<string> BackUpAsync()
    {
        var file = Path.Combine(_directory, "backup");
        await Etcdctl("snapshot", "save", file);
        return file;
    }

    /// <summary>Kills it and puts a backup in the place of its data: started again it is the same cluster, at an earlier revision.</summary>
    public async Task RestoreAsync(string backup)
    {
        Kill();
        DeleteData();
        await Etcdctl(
            "snapshot", "restore", backup, "--data-dir", Path.Combine(_directory, "data"), "--name", _name, "--initial-cluster", InitialCluster,
            "--initial-cluster-token", _token, "--initial-advertise-peer-urls", Peer);
    }

    /// <summary>Runs etcdctl against this node.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message holds its standard error.</exception>
    public async Task<string> Etcdctl(params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(EtcdBinaries.Etcdctl, ["--endpoints", Endpoint, .. _security.EtcdctlArguments, .. _etcdctlUser, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["ETCDCTL_API"] = "3" },
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"etcdctl {string.Join(' ', arguments)}: {await error}");
    }

    /// <summary>Puts a key as a program does that registers: under a lease, one that outlives the test.</summary>
    public async Task PutLeasedAsync(string key, string value) =>
        await Etcdctl("put", "--lease", (await Etcdctl("lease", "grant", "3600")).Split(' ')[1], "--", key, value);

    /// <summary>Switches authentication on, with a user <c>root</c> whom <see cref="Etcdctl"/> is from now on, and another who may use the keys
    /// below a prefix.</summary>
    public async Task EnableAuthenticationAsync(string user, string password, string prefix)
    {
        const string root = "root:rootpw";
        await Etcdctl("user", "add", root);
        await Etcdctl("user", "grant-role", "root", "root");
        await Etcdctl("role", "add", user);
        await Etcdctl("role", "grant-permission", user, "--prefix=true", "readwrite", prefix + "/");
        await Etcdctl("user", "add", $"{user}:{password}");
        await Etcdctl("user", "grant-role", user, user);
        await Etcdctl("auth", "enable");
        _etcdctlUser = ["--user", root];
    }

    /// <summary>Switches authentication off, or on again after <see cref="EnableAuthenticationAsync"/>.</summary>
    public Task SwitchAuthenticationAsync(bool isOn) => Etcdctl("auth", isOn ? "enable" : "disable");

    /// <summary>Makes every token void, by switching authentication off and on. A restart need not do it: etcd reads them from its log
    /// again.</summary>
    public async Task ForgetTokensAsync()
    {
        await SwitchAuthenticationAsync(isOn: false);
        await SwitchAuthenticationAsync(isOn: true);
    }

    /// <summary>What it says of itself, from its own data: it answers without a leader too.</summary>
    public async Task<EtcdStatus> StatusAsync() => EtcdStatus.Parse(Pid, Endpoint, await Etcdctl("endpoint", "status", "-w", "json"));

    /// <summary>Writes so many times, so that what is written next has other revisions than after a restore.</summary>
    public async Task SpendRevisionsAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await PutAsync("/spent", "");
        }
    }

    /// <summary>Grants a lease that outlives the test, for <see cref="PutAsync"/>.</summary>
    public async Task<string> GrantAsync()
    {
        using var answer = JsonDocument.Parse(await PostAsync("lease/grant", new { TTL = 3600 }));
        return answer.RootElement.GetProperty("ID").GetString()!;
    }

    /// <summary>Puts a key by etcd's JSON, for many of them: starting etcdctl for each takes longer than all the rest. Without TLS, and without a
    /// user.</summary>
    /// <param name="lease">Zero: under none.</param>
    public Task PutAsync(string key, string value, string lease = "0") =>
        PostAsync("kv/put", new { key = Base64(key), value = Base64(value), lease });

    /// <summary>Forgets everything before its present revision.</summary>
    public async Task<long> CompactAsync()
    {
        var revision = (await StatusAsync()).Revision;
        await Etcdctl("compact", revision.ToString(CultureInfo.InvariantCulture));
        return revision;
    }

    /// <summary>A metric without labels, by its full name.</summary>
    public async Task<double> MetricAsync(string name, CancellationToken cancellationToken)
    {
        var metrics = await Http.GetStringAsync(new Uri(Plain + "/metrics"), cancellationToken);
        var line = metrics.Split('\n').Single(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line.AsSpan(name.Length), CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until the metric is as wished.</summary>
    public async Task UntilMetricAsync(string name, Func<double, bool> isWished, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!isWished(await MetricAsync(name, cancellationToken)))
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _process = null;
        await Task.Run(() => Directory.Delete(_directory, recursive: true));
    }

    /// <summary>False when the process exits instead of becoming healthy.</summary>
    private async Task<bool> TryLaunchAsync(CancellationToken cancellationToken)
    {
        _process = GuardedProcess.Start(
            EtcdBinaries.Etcd,
            [
                "--name", _name, "--data-dir", Path.Combine(_directory, "data"),
                "--listen-client-urls", Endpoint, "--advertise-client-urls", Endpoint,
                "--listen-peer-urls", Peer, "--initial-advertise-peer-urls", Peer,
                "--listen-metrics-urls", Plain, .. _security.EtcdArguments,
                "--initial-cluster", InitialCluster, "--initial-cluster-token", _token,
                "--heartbeat-interval", Ms(_timers.Heartbeat), "--election-timeout", Ms(_timers.Election),
                "--logger", "zap", "--log-level", "warn", "--log-outputs", LogFile,
            ]);
        // Healthy may also be a stranger on the same port, while ours exits.
        if (await IsHealthyAsync(cancellationToken) && !Running.HasExited)
        {
            return true;
        }

        Kill();
        return false;
    }

    private async Task<bool> IsHealthyAsync(CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(HealthyWithin);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!Running.HasExited)
        {
            try
            {
                var health = await Http.GetStringAsync(new Uri(Plain + "/health"), bound.Token);
                if (health.Contains("\"true\"", StringComparison.Ordinal))
                {
                    return true;
                }
            }
            catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !bound.IsCancellationRequested))
            {
                // Not listening yet, or no leader yet.
            }

            await timer.WaitForNextTickAsync(bound.Token);
        }

        return false;
    }

    private async Task<string> PostAsync(string method, object request)
    {
        using var answer = await Gateway.PostAsJsonAsync(new Uri($"{Endpoint}/v3/{method}"), request, JsonSerializerOptions.Default);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? text : throw new InvalidOperationException($"etcd, {method}: {text}");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Ms(TimeSpan time) => time.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);

    private void TakePorts() => (_clientPort, _peerPort, _plainPort) = (FreePorts.Take(), FreePorts.Take(), FreePorts.Take());

    private async Task ThrowUnlessPortIsTakenAsync(bool isLast)
    {
        var log = await ReadLogAsync();
        if (isLast || !log.Contains("address already in use", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"etcd did not start: {log}");
        }
    }

    private void DeleteData()
    {
        var data = Path.Combine(_directory, "data");
        if (Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }

        File.Delete(LogFile);
    }

    private async Task<string> ReadLogAsync() => File.Exists(LogFile) ? await File.ReadAllTextAsync(LogFile) : "(no log)";
}
