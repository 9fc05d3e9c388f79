using AkkaLb.Core.Clusters;
using AkkaLb.Core.Machines;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clusters;

/// <summary>Several starting nodes, a registry with leases and lost answers that may be wiped or restored, and a cluster one gets into through
/// any of its members; time is virtual.</summary>
internal sealed class FormationWorld(Random random)
{
    private static readonly TimeSpan Ttl = S(2);

    private readonly PriorityQueue<Action, (TimeSpan At, int Order)> _events = new();
    private readonly Dictionary<string, (ClusterEntry Entry, int Lease)> _entries = [];
    private readonly HashSet<int> _goneLeases = [];
    private readonly List<Backup> _backups = [new([], null, 0, 1, 0, [])];
    private readonly List<Node> _nodes = [];
    private (long Generation, int Lease)? _lock;
    private long _revision = 1;
    private long _generation;
    private int _order;
    private int _leases;
    private int _uids;
    private int _clusters;

    public TimeSpan Now { get; private set; }

    /// <summary>How many clusters have been formed.</summary>
    public int Clusters => _clusters;

    public IEnumerable<Node> Alive => _nodes.Where(n => n.IsAlive && n.Ended is null);

    public void StartNode(string address, TimeSpan after) => In(after, () =>
    {
        if (_nodes.Any(n => n.IsAlive && n.Life.Address == address))
        {
            return;
        }

        var node = new Node(new NodeLife(address, ++_uids)) { Lease = ++_leases };
        _nodes.Add(node);
        Tell(node, new FormationInput.Start());
    });

    public void Crash(string address, TimeSpan after) => In(after, () =>
    {
        foreach (var node in _nodes.Where(n => n.IsAlive && n.Life.Address == address))
        {
            node.IsAlive = false;
            In(Ttl * random.NextDouble(), () => Expire(node.Lease));
        }
    });

    /// <summary>Nothing of the node runs for a while, and its lease runs out meanwhile if the while is long.</summary>
    public void Pause(string address, TimeSpan after, TimeSpan length) => In(after, () =>
    {
        foreach (var node in _nodes.Where(n => n.IsAlive && n.Life.Address == address && n.PausedUntil <= Now))
        {
            node.PausedUntil = Now + length;
            var lease = node.Lease;
            if (length > Ttl)
            {
                In(Ttl, () => Expire(lease));
                In(length, () => ToNode(node, () =>
                {
                    node.Lease = ++_leases;
                    Tell(node, new FormationInput.LeaseLost("it ran out"));
                }));
            }
        }
    });

    /// <summary>Deletes every key of the balancers; leases live on.</summary>
    public void Wipe(TimeSpan after) => In(after, () =>
    {
        _entries.Clear();
        (_lock, _generation) = (null, 0);
    });

    /// <summary>Keeps what the registry holds; at first that is the empty one.</summary>
    public void BackUp(TimeSpan after) => In(after, () =>
        _backups.Add(new Backup(_entries.ToDictionary(), _lock, _generation, _revision, _leases, [.. _goneLeases])));

    /// <summary>Puts the registry back to one of the backups: revisions, leases and all.</summary>
    public void Restore(TimeSpan after) => In(after, () =>
    {
        var backup = random.Of(_backups);
        _entries.Clear();
        foreach (var (address, entry) in backup.Entries)
        {
            _entries[address] = entry;
        }

        (_lock, _generation, _revision) = (backup.Lock, backup.Generation, backup.Revision);
        RestoreLeases(backup.Leases, backup.GoneLeases);
    });

    public void RunUntil(TimeSpan end, Action afterEach)
    {
        while (_events.TryPeek(out _, out var when) && when.At <= end)
        {
            _events.TryDequeue(out var action, out when);
            Now = when.At;
            action!();
            afterEach();
        }
    }

    public IEnumerable<Node> Ended => _nodes.Where(n => n.Ended is not null);

    public bool HasEntry(Node node) =>
        _entries.TryGetValue(node.Life.Address, out var e) && e.Entry.Node == node.Life && e.Entry.Generation == _generation;

    public override string ToString() => $"{Now.TotalSeconds:0.000} s: " + string.Join("; ", _nodes.Select(n =>
        $"{n.Life.Address}#{n.Life.Uid} {(n.IsAlive ? "alive" : "dead")} cluster {n.Cluster} generation {n.Formation.Generation} ready {n.IsReady} "
            + $"end {n.Ended}"));

    /// <summary>Leases that were granted since are unknown, which their holders learn at the next renewal; those that ended since are back for a
    /// TTL.</summary>
    private void RestoreLeases(int granted, HashSet<int> gone)
    {
        foreach (var lease in Enumerable.Range(1, _leases))
        {
            var holder = _nodes.Find(n => n.IsAlive && n.Lease == lease);
            if (lease > granted || gone.Contains(lease))
            {
                _goneLeases.Add(lease);
                if (holder is not null)
                {
                    In(Ttl / 3 * random.NextDouble(), () => ToNode(holder, () => Renewed(holder)));
                }
            }
            else
            {
                _goneLeases.Remove(lease);
                if (holder is null)
                {
                    In(Ttl, () => Expire(lease));
                }
            }
        }
    }

    private void Renewed(Node node)
    {
        if (_goneLeases.Contains(node.Lease))
        {
            node.Lease = ++_leases;
            Tell(node, new FormationInput.LeaseLost("etcd does not know it"));
        }
    }

    private void In(TimeSpan after, Action action) => _events.Enqueue(action, (Now + after, ++_order));

    /// <summary>Runs at the node: later when it is paused, never when it is dead.</summary>
    private void ToNode(Node node, Action action)
    {
        if (node.PausedUntil > Now)
        {
            In(node.PausedUntil - Now, () => ToNode(node, action));
        }
        else if (node.IsAlive)
        {
            action();
        }
    }

    private TimeSpan Delay() => Ms(random.Next(1, 120));

    private void Tell(Node node, object input)
    {
        var effects = new List<FormationEffect>();
        node.Formation.Handle(input, Now, effects);
        foreach (var effect in effects)
        {
            Act(node, effect);
        }

        var timer = ++node.Timer;
        if (node.Formation.NextDue is { } due)
        {
            In(due > Now ? due - Now : TimeSpan.Zero, () => ToNode(node, () =>
            {
                if (timer == node.Timer)
                {
                    Tell(node, Tick.Instance);
                }
            }));
        }
    }

    private void Act(Node node, FormationEffect effect)
    {
        switch (effect)
        {
            case FormationEffect.Look:
                Ask(node, () => Sight(node), s => new FormationInput.Saw(s, Members(node)), () => new FormationInput.LookFailed("lost"));
                break;
            case FormationEffect.Begin:
                AskForLock(node, () => _entries.Count == 0);
                break;
            case FormationEffect.Renew renew:
                AskForLock(node, () => _generation == renew.Seen);
                break;
            case FormationEffect.JoinSelf:
                if (node.Cluster == 0)
                {
                    node.Seeds = [];
                    node.Cluster = ++_clusters;
                    ComeUp(node);
                }

                break;
            case FormationEffect.Join join:
                node.Seeds = join.Addresses;
                In(Delay(), () => ToNode(node, () => TryJoin(node)));
                break;
            case FormationEffect.Announce announce:
                Ask(
                    node,
                    () => UnderLease<bool?>(node, () => Announce(node, announce), null),
                    done => done switch
                    {
                        true => new FormationInput.Announced(),
                        false => new FormationInput.AnnounceRefused(),
                        null => new FormationInput.AnnounceFailed("no such lease"),
                    },
                    () => new FormationInput.AnnounceFailed("lost"));
                break;
            case FormationEffect.Ready:
                node.IsReady = true;
                break;
            case FormationEffect.End end:
                node.Ended = end.Sentence;
                node.IsAlive = false;
                In(Ttl * random.NextDouble(), () => Expire(node.Lease));
                break;
            default:
                break;
        }
    }

    private void TryJoin(Node node)
    {
        if (node.Cluster != 0 || node.Seeds.Count == 0)
        {
            return;
        }

        if (Alive.Where(n => n != node && n.PausedUntil <= Now && n.Cluster != 0 && node.Seeds.Contains(n.Life.Address)).FirstOrDefault() is { } seed)
        {
            node.Cluster = seed.Cluster;
            ComeUp(node);
        }
        else
        {
            In(Ms(300), () => ToNode(node, () => TryJoin(node)));
        }
    }

    private void ComeUp(Node node) => In(Delay() * 4, () => ToNode(node, () =>
    {
        node.IsUp = true;
        Tell(node, new FormationInput.CameUp());
    }));

    private HashSet<NodeLife> Members(Node node) => node.IsUp ? _nodes.Where(n => n.Cluster == node.Cluster).Select(n => n.Life).ToHashSet() : [];

    /// <summary>A request that takes its time to etcd and back; now and then its answer is lost, or it is lost itself.</summary>
    private void Ask<T>(Node node, Func<T> atRegistry, Func<T, FormationInput> answered, Func<FormationInput> lost)
    {
        if (random.Chance(0.05))
        {
            In(S(0.5), () => ToNode(node, () => Tell(node, lost())));
            return;
        }

        In(Delay(), () =>
        {
            var answer = atRegistry();
            var isLost = random.Chance(0.05);
            In(isLost ? S(0.5) : Delay(), () => ToNode(node, () => Tell(node, isLost ? lost() : answered(answer))));
        });
    }

    private void AskForLock(Node node, Func<bool> condition) => Ask(
        node,
        () => UnderLease(node, () => Begin(node, condition), -1),
        generation => generation switch
        {
            > 0 => new FormationInput.Begun(generation),
            0 => new FormationInput.NotBegun(),
            _ => new FormationInput.BeginFailed("no such lease"),
        },
        () => new FormationInput.BeginFailed("lost"));

    private ClusterSight Sight(Node node) => new(
        [.. _entries.Values.Select(e => e.Entry)],
        _lock is { } held ? new FormingLock(held.Generation, held.Lease == node.Lease) : null,
        _generation);

    /// <summary>What the registry says, or that the lease is gone; the node takes another then.</summary>
    private T UnderLease<T>(Node node, Func<T> write, T gone)
    {
        if (!_goneLeases.Contains(node.Lease))
        {
            return write();
        }

        node.Lease = ++_leases;
        return gone;
    }

    /// <returns>0: the condition does not hold.</returns>
    private long Begin(Node node, Func<bool> condition)
    {
        if (!condition() || _lock is not null)
        {
            return 0;
        }

        _generation = ++_revision;
        _lock = (_generation, node.Lease);
        return _generation;
    }

    private bool Announce(Node node, FormationEffect.Announce announce)
    {
        if (announce.Generation != _generation || (announce.EndsForming && _lock?.Lease != node.Lease))
        {
            return false;
        }

        // An entry that is overwritten keeps its place.
        var revision = ++_revision;
        var order = _entries.TryGetValue(node.Life.Address, out var former) ? former.Entry.Order : revision;
        _lock = announce.EndsForming ? null : _lock;
        _entries[node.Life.Address] = (new ClusterEntry(node.Life, announce.Generation, "p", order), node.Lease);
        return true;
    }

    private void Expire(int lease)
    {
        _goneLeases.Add(lease);
        _lock = _lock?.Lease == lease ? null : _lock;
        foreach (var gone in _entries.Where(e => e.Value.Lease == lease).Select(e => e.Key).ToList())
        {
            _entries.Remove(gone);
        }
    }

    private sealed record Backup(
        Dictionary<string, (ClusterEntry Entry, int Lease)> Entries, (long Generation, int Lease)? Lock, long Generation, long Revision, int Leases,
        HashSet<int> GoneLeases);

    internal sealed class Node(NodeLife life)
    {
        public NodeLife Life { get; } = life;

        public ClusterFormation Formation { get; } = new(life, "p", new FormationSettings(S(60), Ms(250), S(1), S(15), S(6), S(10)));

        public bool IsAlive { get; set; } = true;

        public bool IsUp { get; set; }

        public bool IsReady { get; set; }

        public string? Ended { get; set; }

        public int Lease { get; set; }

        public int Timer { get; set; }

        public TimeSpan PausedUntil { get; set; }

        public IReadOnlyList<string> Seeds { get; set; } = [];

        /// <summary>Which cluster it is in; 0: none.</summary>
        public int Cluster { get; set; }
    }
}
