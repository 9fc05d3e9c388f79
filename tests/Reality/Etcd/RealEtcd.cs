using System.Text;
using System.Threading.Channels;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Registration;
using AkkaLb.Etcd;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Reality.Etcd;

/// <summary>A real one of its own, and AkkaLb's registry on it. The watch has a way of its own to it.</summary>
internal sealed class RealEtcd : IEtcdWorld
{
    private static readonly TimeSpan LongerThanAShortLease = TimeSpan.FromSeconds(4);

    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(30));
    private readonly Channel<Watched<Member>> _told = Channel.CreateUnbounded<Watched<Member>>();
    private EtcdProcess _etcd = null!;
    private FaultyProxy _way = null!;
    private EtcdRegistry _registry = null!;
    private EtcdRegistry _watcher = null!;
    private Task _watching = Task.CompletedTask;
    private string _backup = "";

    public async Task StartAsync()
    {
        _etcd = await EtcdProcess.StartAsync(_patience.Token);
        _way = new FaultyProxy(_etcd.Port);
        _registry = Open(_etcd.Port);
        _watcher = Open(_way.Port);
    }

    public async Task<long> RevisionAsync() => (await _etcd.StatusAsync()).Revision;

    public Task<RegisterOutcome> RegisterAsync(WorkerRecord worker, TimeSpan ttl) =>
        PatientlyAsync(() => _registry.RegisterAsync(worker, ttl, _patience.Token));

    public Task<KeepAliveOutcome> KeepAliveAsync(long leaseId) => PatientlyAsync(() => _registry.KeepAliveAsync(leaseId, _patience.Token));

    public Task<bool> UpdateAsync(long leaseId, WorkerRecord worker) =>
        PatientlyAsync(() => _registry.UpdateAsync(leaseId, worker, _patience.Token));

    public Task<EntrySight> LookAsync(long leaseId, WorkerRecord worker) =>
        PatientlyAsync(() => _registry.LookAsync(leaseId, worker, _patience.Token));

    public Task<bool> PutBackAsync(long leaseId, WorkerRecord worker, long revision) =>
        PatientlyAsync(() => _registry.PutBackAsync(leaseId, worker, revision, _patience.Token));

    public Task RevokeAsync(long leaseId) => _registry.DeregisterAsync(leaseId, _patience.Token);

    public Task DeleteAsync(string id) => _etcd.Etcdctl("del", Key(id));

    public async Task WriteOverAsync(WorkerRecord stranger, bool hasLease)
    {
        var value = Encoding.UTF8.GetString(RegistryValue.Write(stranger));
        if (hasLease)
        {
            await _etcd.PutLeasedAsync(Key(stranger.Id), value);
        }
        else
        {
            await _etcd.Etcdctl("put", Key(stranger.Id), value);
        }
    }

    public async Task DoAsync(string what)
    {
        switch (what)
        {
            case "watch":
                _watching = WatchAsync();
                break;
            case "cut":
                _way.Cut();
                break;
            case "mend":
                _way.Mend();
                break;
            case "compact":
                await _etcd.Etcdctl("compact", $"{await RevisionAsync()}");
                break;
            case "backup":
                _backup = await _etcd.BackUpAsync();
                break;
            case "down":
                _etcd.Kill();
                break;
            case "wipe":
                _etcd.Wipe();
                break;
            case "restore":
                await _etcd.RestoreAsync(_backup);
                break;
            case "up":
                await _etcd.RestartAsync(_patience.Token);
                break;
            case "outlast":
                using (var time = new PeriodicTimer(LongerThanAShortLease))
                {
                    await time.WaitForNextTickAsync(_patience.Token);
                }

                break;
            default:
                throw new FormatException($"nobody knows how to do this: {what}");
        }
    }

    public async Task<Watched<Member>> NextAsync() => await _told.Reader.ReadAsync(_patience.Token);

    public async ValueTask DisposeAsync()
    {
        await _patience.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _watcher.DisposeAsync();
        await _registry.DisposeAsync();
        await _way.DisposeAsync();
        await _etcd.DisposeAsync();
        _patience.Dispose();
    }

    private static EtcdRegistry Open(int port) => new(
        new EtcdSettings([new EtcdEndpoint("127.0.0.1", port)])
        {
            RequestTimeout = TimeSpan.FromSeconds(5),
            ReconnectDelayMin = TimeSpan.FromMilliseconds(20),
            ReconnectDelayMax = TimeSpan.FromMilliseconds(200),
        },
        TimeProvider.System,
        new Random(4053));

    private static string Key(string id) => $"/akkalb/workers/{id}";

    /// <summary>As a worker does: right after a restart a first try may meet the old connection.</summary>
    private async Task<T> PatientlyAsync<T>(Func<Task<T>> call)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                return await call();
            }
            catch (RegistryUnavailableException)
            {
                await pause.WaitForNextTickAsync(_patience.Token);
            }
        }
    }

    private async Task WatchAsync()
    {
        await foreach (var e in _watcher.WatchAsync(protocol: null, _patience.Token))
        {
            if (e is not (Watched<Member>.Alive or Watched<Member>.Skipped))
            {
                await _told.Writer.WriteAsync(e);
            }
        }
    }
}
