using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Registration;
using AkkaLb.Simulation.Checks;
using AkkaLb.Watching;

namespace AkkaLb.Simulation.World;

/// <summary>What etcd, and AkkaLb's way of speaking to it, promise: revisions, leases, conditional writes, and watches that tell every change or
/// everything anew.</summary>
/// <remarks>Requests and answers take time and get lost. One whose answer got lost may have been carried out. While it is away nothing is carried out
/// and no lease ends; when it is back, or has another leader, each lease gets its whole time again.</remarks>
internal sealed class EtcdModel(Run run)
{
    /// <summary>Within how much time after its end a lease is noticed.</summary>
    private static readonly TimeSpan ExpirySlack = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan TtlMin = TimeSpan.FromSeconds(2);

    private readonly Random _random = run.Draws.For("etcd");
    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, Lease> _leases = [];
    private readonly List<Watched<Member>.Known> _history = [];
    private readonly List<WatchModel> _watches = [];
    private readonly HashSet<int> _cutOff = [];
    private (long Revision, List<Entry> Entries)? _backup;
    private Decider? _decider;
    private long _compacted;
    private long _lastLease;
    private TimeSpan _slow;

    public long Revision { get; private set; } = 1;

    public bool IsUp { get; private set; } = true;

    /// <summary>Everybody who is registered, in registration order.</summary>
    public IReadOnlyCollection<Member> Members => [.. _entries.Values.Where(e => e.LeaseId != 0 && e.Worker is not null)
        .OrderBy(e => e.CreateRevision).Select(e => new Member(e.Worker!, e.CreateRevision))];

    // ---- requests

    /// <summary>One request: <paramref name="apply"/> is carried out there, the answer is told here, or that there was none.</summary>
    public void Ask<T>(Process from, TimeSpan timeout, Func<T> apply, Action<T> answered, Action<string> failed)
    {
        var (isOver, life) = (false, from.Life);
        from.After(timeout, () => End(() => failed("etcd did not answer in time")));
        if (!Reaches(from))
        {
            return;
        }

        run.Clockwork.After(OneWay(), () =>
        {
            if (!Reaches(from))
            {
                return;
            }

            var result = apply();
            var answer = OneWay();
            run.Clockwork.After(answer, () =>
            {
                // The connection has ended with the process that asked.
                if (Reaches(from) && from.Life == life)
                {
                    from.Post(() => End(() => answered(result)));
                }
                else
                {
                    run.Marks.Reach(Mark.AnswerOfEtcdLost);
                }
            });
        });

        void End(Action tell)
        {
            if (!isOver)
            {
                isOver = true;
                tell();
            }
        }
    }

    /// <summary>Who is cut off from etcd, or none.</summary>
    public void CutOff(Process process, bool isCutOff)
    {
        if (isCutOff)
        {
            _cutOff.Add(process.Number);
        }
        else
        {
            _cutOff.Remove(process.Number);
        }
    }

    public RegisterOutcome Register(WorkerRecord worker, TimeSpan ttl)
    {
        var granted = ttl < TtlMin ? TtlMin : ttl;
        if (_entries.TryGetValue(worker.Id, out var entry) && entry.LeaseId != 0 && entry.Worker?.Incarnation != worker.Incarnation)
        {
            run.Marks.Reach(Mark.IdInUse);
            return new RegisterOutcome.IdInUse(entry.Worker?.Incarnation ?? 0, granted);
        }

        if (entry is { LeaseId: not 0 })
        {
            run.Marks.Reach(Mark.RegisteredAgainWhileTheOldLeaseLived);
        }

        var lease = new Lease(++_lastLease, granted, Now + granted);
        _leases.Add(lease.Id, lease);
        Put(worker, lease.Id);
        return new RegisterOutcome.Registered(lease.Id, granted);
    }

    public KeepAliveOutcome KeepAlive(long leaseId)
    {
        if (!_leases.TryGetValue(leaseId, out var lease))
        {
            run.Marks.Reach(Mark.RenewalFoundTheLeaseGone);
            return new KeepAliveOutcome.LeaseLost();
        }

        if (lease.ExpiresAt - Now < lease.Ttl / 4)
        {
            run.Marks.Reach(Mark.RenewedJustBeforeTheEnd);
        }

        lease.ExpiresAt = Now + lease.Ttl;
        return new KeepAliveOutcome.Kept(lease.Ttl);
    }

    public bool Update(long leaseId, WorkerRecord worker)
    {
        if (!_entries.TryGetValue(worker.Id, out var entry) || entry.LeaseId != leaseId || !_leases.ContainsKey(leaseId))
        {
            return false;
        }

        Put(worker, leaseId);
        return true;
    }

    public EntrySight Look(string id) => !_entries.TryGetValue(id, out var entry) ? new EntrySight.Missing()
        : entry.Worker is { } worker ? new EntrySight.Found(entry.LeaseId, entry.Revision, worker)
        : new EntrySight.Unreadable(entry.LeaseId, entry.Revision);

    public bool PutBack(long leaseId, WorkerRecord worker, long revision)
    {
        var found = _entries.TryGetValue(worker.Id, out var entry) ? entry.Revision : 0;
        if (found != revision || !_leases.ContainsKey(leaseId))
        {
            return false;
        }

        if (entry is { LeaseId: not 0 } && entry.LeaseId != leaseId && entry.Worker?.Incarnation != worker.Incarnation)
        {
            run.Violate("strangers-entry-is-kept", $"{worker.Id} put its entry over that of another process");
        }

        run.Marks.Reach(Mark.EntryPutBack);
        Put(worker, leaseId);
        return true;
    }

    public void Revoke(long leaseId)
    {
        if (_leases.Remove(leaseId))
        {
            EndLease(leaseId);
        }
    }

    // ---- the lease that says who decides in a cluster

    /// <summary>The data was lost once: a lease may be given while another still believes in its own.</summary>
    public bool HasLostData { get; private set; }

    /// <summary>The term under which this process decides from now on; 0: another does.</summary>
    public long TakeDeciding(Process process, int life, TimeSpan ttl)
    {
        if (_decider is { } decider && decider.ExpiresAt > Now && (decider.Holder != process || decider.Life != life))
        {
            return 0;
        }

        // A term that ended is never taken up again.
        Revision++;
        _decider = new Decider(process, life, Now + ttl, Revision);
        return Revision;
    }

    /// <summary>The term; 0: it is over.</summary>
    public long RenewDeciding(Process process, int life, long term, TimeSpan ttl)
    {
        if (_decider is not { } decider || decider.Holder != process || decider.Life != life || decider.Term != term)
        {
            return 0;
        }

        _decider = decider with { ExpiresAt = Now + ttl };
        return term;
    }

    public void ReleaseDeciding(Process process)
    {
        if (_decider?.Holder == process && Reaches(process))
        {
            _decider = null;
        }
    }

    // ---- watches

    /// <summary>A snapshot, then every change; after an outage the changes that were missed, or everything anew.</summary>
    public WatchModel Watch(Process process, Action<Watched<Member>> tell)
    {
        var watch = new WatchModel(run, this, process, tell);
        _watches.RemoveAll(w => w.IsOver);
        _watches.Add(watch);
        watch.Begin();
        return watch;
    }

    internal bool Reaches(Process process) => IsUp && !_cutOff.Contains(process.Number);

    internal TimeSpan OneWay() => _random.Between(TimeSpan.FromMilliseconds(0.2), TimeSpan.FromMilliseconds(3)) + _random.Upto(_slow);

    /// <summary>What has changed since; null: that is not kept any more.</summary>
    internal IReadOnlyList<Watched<Member>.Known>? Since(long revision) =>
        revision < _compacted || revision > Revision ? null : [.. _history.Where(h => h.Revision > revision)];

    // ---- trouble

    public void Down()
    {
        IsUp = false;
        run.Marks.Reach(Mark.EtcdAway);
    }

    public void Up()
    {
        if (IsUp)
        {
            return;
        }

        IsUp = true;
        NewLeader();
    }

    /// <summary>A new leader gives each lease its whole time again.</summary>
    public void NewLeader()
    {
        foreach (var lease in _leases.Values)
        {
            lease.ExpiresAt = Now + lease.Ttl + TimeSpan.FromSeconds(1);
        }

        _decider = _decider is { } decider ? decider with { ExpiresAt = Now + TimeSpan.FromSeconds(6) } : null;
    }

    public void Slow(TimeSpan upTo) => _slow = upTo;

    public void Compact()
    {
        _compacted = Revision;
        _history.Clear();
    }

    public void Backup() => _backup = (Revision, [.. _entries.Values.Select(e => e with { })]);

    /// <summary>It comes back as it was at the time of the backup, or empty: with the leases of then, whose holders may be gone.</summary>
    public void Restore(bool isEmpty)
    {
        var (revision, entries) = isEmpty || _backup is null ? (1, []) : _backup.Value;
        run.Marks.Reach(isEmpty ? Mark.EtcdWiped : Mark.EtcdRestored);
        (Revision, _compacted) = (revision, revision);
        (HasLostData, _decider) = (true, null);
        _entries.Clear();
        _leases.Clear();
        _history.Clear();
        foreach (var entry in entries)
        {
            _entries.Add(entry.Id, entry);
            if (entry.LeaseId != 0)
            {
                var ttl = TimeSpan.FromSeconds(5);
                _leases[entry.LeaseId] = new Lease(entry.LeaseId, ttl, Now + ttl);
            }
        }

        _watches.ForEach(w => w.Break());
    }

    /// <summary>Somebody deletes an entry by hand.</summary>
    public void Delete(string id)
    {
        if (_entries.Remove(id))
        {
            Changed(new KeyChange<Member>(id, null));
        }
    }

    /// <summary>Somebody writes over an entry by hand: under no lease, or as another process under a lease of its own.</summary>
    public void WriteOver(string id, bool hasLease)
    {
        if (!_entries.TryGetValue(id, out var entry) || entry.Worker is null)
        {
            return;
        }

        var stranger = entry.Worker with { Incarnation = entry.Worker.Incarnation ^ 0x5555 };
        var lease = 0L;
        if (hasLease)
        {
            lease = ++_lastLease;
            _leases.Add(lease, new Lease(lease, TimeSpan.FromSeconds(5), Now + TimeSpan.FromSeconds(5)));
        }

        run.Marks.Reach(Mark.EntryWrittenOver);
        Put(stranger, lease);
    }

    /// <summary>Ends the leases that have run out; to be called often.</summary>
    public void Expire()
    {
        if (!IsUp)
        {
            return;
        }

        foreach (var lease in _leases.Values.Where(l => l.ExpiresAt <= Now).ToList())
        {
            run.Marks.Reach(Mark.LeaseRanOut);
            _leases.Remove(lease.Id);
            EndLease(lease.Id);
        }
    }

    public void Run() => run.Clockwork.After(ExpirySlack, () =>
    {
        Expire();
        foreach (var watch in _watches)
        {
            watch.Look();
        }

        Run();
    });

    private TimeSpan Now => run.Clockwork.Now;

    private void Put(WorkerRecord worker, long leaseId)
    {
        var created = _entries.TryGetValue(worker.Id, out var former) ? former.CreateRevision : Revision + 1;
        var wasShown = former is { LeaseId: not 0 };
        _entries[worker.Id] = new Entry(worker.Id, worker, leaseId, created, Revision + 1);
        Changed(leaseId == 0 && !wasShown ? null : new KeyChange<Member>(worker.Id, leaseId != 0 ? new Member(worker, created) : null));
    }

    private void EndLease(long leaseId)
    {
        foreach (var entry in _entries.Values.Where(e => e.LeaseId == leaseId).ToList())
        {
            _entries.Remove(entry.Id);
            Changed(new KeyChange<Member>(entry.Id, null));
        }
    }

    private void Changed(KeyChange<Member>? change)
    {
        Revision++;
        if (change is not null)
        {
            var known = new Watched<Member>.Known(Revision, Members, [change]);
            _history.Add(known);
            foreach (var watch in _watches)
            {
                watch.Changed(known);
            }
        }
    }

    private sealed record Decider(Process Holder, int Life, TimeSpan ExpiresAt, long Term);

    private sealed record Entry(string Id, WorkerRecord? Worker, long LeaseId, long CreateRevision, long Revision);

    private sealed class Lease(long id, TimeSpan ttl, TimeSpan expiresAt)
    {
        public long Id => id;

        public TimeSpan Ttl => ttl;

        public TimeSpan ExpiresAt { get; set; } = expiresAt;
    }
}
