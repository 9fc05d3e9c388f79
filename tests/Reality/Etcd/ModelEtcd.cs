using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Registration;
using AkkaLb.Simulation.World;
using AkkaLb.Watching;

namespace AkkaLb.Reality.Etcd;

/// <summary>The model, in virtual time.</summary>
internal sealed class ModelEtcd : IEtcdWorld
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongerThanAShortLease = TimeSpan.FromSeconds(4);

    private readonly Run _run;
    private readonly Watcher _watcher;
    private readonly Queue<Watched<Member>> _told = [];

    public ModelEtcd(long seed)
    {
        _run = Run.Empty(seed);
        _watcher = new Watcher(_run);
        _run.Add(_watcher);
    }

    private EtcdModel Etcd => _run.Etcd;

    public Task StartAsync()
    {
        _watcher.Start();
        Etcd.Run();
        return Task.CompletedTask;
    }

    public Task<long> RevisionAsync() => Task.FromResult(Etcd.Revision);

    public Task<RegisterOutcome> RegisterAsync(WorkerRecord worker, TimeSpan ttl) => Task.FromResult(Etcd.Register(worker, ttl));

    public Task<KeepAliveOutcome> KeepAliveAsync(long leaseId) => Task.FromResult(Etcd.KeepAlive(leaseId));

    public Task<bool> UpdateAsync(long leaseId, WorkerRecord worker) => Task.FromResult(Etcd.Update(leaseId, worker));

    public Task<EntrySight> LookAsync(long leaseId, WorkerRecord worker) => Task.FromResult(Etcd.Look(worker.Id));

    public Task<bool> PutBackAsync(long leaseId, WorkerRecord worker, long revision) =>
        Task.FromResult(Etcd.PutBack(leaseId, worker, revision));

    public Task RevokeAsync(long leaseId) => Now(() => Etcd.Revoke(leaseId));

    public Task DeleteAsync(string id) => Now(() => Etcd.Delete(id));

    public Task WriteOverAsync(WorkerRecord stranger, bool hasLease) => Now(() => Etcd.WriteOver(stranger.Id, hasLease));

    public Task DoAsync(string what) => Now(what switch
    {
        "watch" => () => Etcd.Watch(_watcher, Hear),
        "cut" => () => Etcd.CutOff(_watcher, true),
        "mend" => () => Etcd.CutOff(_watcher, false),
        "compact" => Etcd.Compact,
        "backup" => Etcd.Backup,
        "down" => Etcd.Down,
        "wipe" => () => ComeBackOther(isEmpty: true),
        "restore" => () => ComeBackOther(isEmpty: false),
        "up" => Etcd.Up,
        "outlast" => () => _run.Clockwork.RunUntil(_run.Clockwork.Now + LongerThanAShortLease),
        _ => throw new FormatException($"nobody knows how to do this: {what}"),
    });

    public Task<Watched<Member>> NextAsync()
    {
        for (var until = _run.Clockwork.Now + Patience; _told.Count == 0;)
        {
            Assert.True(_run.Clockwork.Now < until, "the watch tells nothing");
            _run.Clockwork.RunUntil(_run.Clockwork.Now + Step);
        }

        return Task.FromResult(_told.Dequeue());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Task Now(Action act)
    {
        act();
        return Task.CompletedTask;
    }

    private void ComeBackOther(bool isEmpty)
    {
        Etcd.Down();
        Etcd.Restore(isEmpty);
    }

    private void Hear(Watched<Member> e)
    {
        if (e is not Watched<Member>.Alive)
        {
            _told.Enqueue(e);
        }
    }

    private sealed class Watcher(Run run) : Process(run, 0, "watcher", "10.0.0.1")
    {
        public override void Leave() => Exit();

        public override void Receive(string from, string replyTo, string target, object message)
        {
        }

        protected override void OnStart()
        {
        }
    }
}
