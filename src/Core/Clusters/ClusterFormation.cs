using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Clusters;

/// <summary>Times of a cluster's formation.</summary>
/// <param name="JoinTimeout">How long a start may take before it is given up.</param>
/// <param name="Pause">Between two looks while something is about to change.</param>
/// <param name="Interval">Between two looks otherwise.</param>
/// <param name="Patience">How long a member sees others in the registry that are not in its cluster before it draws conclusions: longer than
/// a split takes to be decided and the losers to end, and longer than a lease that nobody renews.</param>
/// <param name="EntryLife">How long a balancer's entry outlives it at most: one lease.</param>
/// <param name="CutOffAfter">How long a member may fail to reach the registry, while others reach it, before it makes way for them.</param>
public sealed record FormationSettings(
    TimeSpan JoinTimeout, TimeSpan Pause, TimeSpan Interval, TimeSpan Patience, TimeSpan EntryLife, TimeSpan CutOffAfter);

/// <summary>How a starting balancer finds the cluster it belongs to, or forms it: without a list of seed nodes, through the registry.</summary>
/// <remarks>
/// <para>(event, now) in, effects out. Members announce themselves under leases; whoever starts joins those. Only where there is neither a member
/// nor a lock may a node take the lock, and only who holds it joins itself: so two that start together form one cluster. The lock's revision
/// numbers the cluster's generation, and an entry can be put only under the generation that was begun last. As long as the registry keeps what it
/// confirmed, a second cluster can come about only after every entry of the first has run out, that is, when all of its members were cut off from
/// the registry for longer than their leases; they hold no deciding lease then.</para>
/// <para>A registry that was wiped, or restored from a backup, has forgotten the generation of a cluster that stands, and its numbers may begin
/// again: a larger one need not be later. So members go by lives, for one life is never in two clusters. Where a life of their own cluster stands
/// under the registry's generation, that is theirs from then on. Where nobody stands and nobody forms, one of them takes the lock again, on
/// condition that the generation is still the one it saw, and the others follow it. Where only strangers stand, they may be left over in a backup
/// from lives that ended: those go with their leases. Strangers that stay are another cluster, and this one ends: it has no entry, so whoever
/// starts joins the other.</para>
/// </remarks>
public sealed class ClusterFormation(NodeLife self, string policy, FormationSettings settings) : IMachine<FormationEffect>
{
    private List<FormationEffect> _outbox = [];
    private TimeSpan _now;
    private TimeSpan? _lookAt;
    private bool _isAsking;

    /// <summary>A member's entry is not in the registry.</summary>
    private readonly Trouble _gone = new(toldMax: 10);

    private IReadOnlyList<string> _seeds = [];
    private Phase _phase = Phase.Seeking;
    private TimeSpan _startedAt;
    private TimeSpan? _troubleSince;
    private TimeSpan? _strangersSince;
    private TimeSpan? _unlikeSince;
    private long _generation;
    private bool _holdsLock;
    private bool _wasReady;
    private string _trouble = "";

    private enum Phase
    {
        /// <summary>No member is known, none is joined.</summary>
        Seeking,

        /// <summary>The lock was asked for.</summary>
        Beginning,

        /// <summary>The lock is ours, and we joined ourselves.</summary>
        Forming,

        /// <summary>Members are known and asked to let us in.</summary>
        Joining,

        /// <summary>We are in; of which generation our cluster is the next look tells.</summary>
        Placing,

        /// <summary>Our entry is being put.</summary>
        Announcing,

        /// <summary>We are in and announced.</summary>
        Member,

        /// <summary>Our entry went with its lease, or could not be put; it is put again unless a look says that we must end.</summary>
        Lapsed,

        /// <summary>The registry does not know our cluster's generation any more, and the lock was asked for to give it another.</summary>
        Renewing,

        Ended,
    }

    /// <summary>The cluster's generation; 0 while it is not known.</summary>
    public long Generation => _generation;

    /// <inheritdoc/>
    public TimeSpan? NextDue => _isAsking ? null : _lookAt;

    /// <summary>When the registry is to be read next, whether it answers somebody at the moment or not: for tests.</summary>
    internal TimeSpan? LookAt => _lookAt;

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<FormationEffect> outbox)
    {
        (_outbox, _now) = (outbox, now);
        _isAsking &= input is not (FormationInput.Saw or FormationInput.LookFailed or FormationInput.Begun or FormationInput.NotBegun
            or FormationInput.BeginFailed or FormationInput.Announced or FormationInput.AnnounceRefused or FormationInput.AnnounceFailed);
        if (_phase != Phase.Ended)
        {
            Decide(input, now);
        }

        if (!_isAsking && now >= _lookAt)
        {
            _lookAt = null;
            Ask(new FormationEffect.Look());
        }
    }

    private void Decide(object input, TimeSpan now)
    {
        switch (input)
        {
            case Tick:
                break;
            case FormationInput.Start:
                _startedAt = now;
                Look(TimeSpan.Zero);
                break;
            case FormationInput.Saw m:
                OnSaw(m.Sight, m.Members, now);
                break;
            case FormationInput.LookFailed m:
                OnLookFailed(m.Problem, now);
                break;
            case FormationInput.OthersReach m:
                OnOthersReach(m.Who, now);
                break;
            case FormationInput.Begun m:
                OnBegun(m.Generation);
                break;
            case FormationInput.NotBegun:
                AfterBeginning();
                break;
            case FormationInput.BeginFailed m:
                OnBeginFailed(m.Problem);
                break;
            case FormationInput.CameUp:
                OnCameUp();
                break;
            case FormationInput.Announced:
                BeMember();
                break;
            case FormationInput.AnnounceRefused:
                OnAnnounceRefused(now);
                break;
            case FormationInput.AnnounceFailed m:
                OnAnnounceFailed(m.Problem, now);
                break;
            case FormationInput.LeaseLost m:
                OnLeaseLost(m.Why);
                break;
            default:
                throw Inputs.Unknown(input, "the formation of a cluster");
        }
    }

    private void OnSaw(ClusterSight sight, IReadOnlySet<NodeLife> members, TimeSpan now)
    {
        (_trouble, _troubleSince) = ("", null);
        _outbox.AddRange(sight.News.Select(text => new FormationEffect.Note(text, IsTrouble: true)));
        switch (_phase)
        {
            case Phase.Seeking or Phase.Joining:
                Seek(sight, now);
                break;
            case Phase.Placing or Phase.Announcing or Phase.Lapsed or Phase.Member:
                Stand(sight, members, now);
                break;
            default:
                break;
        }
    }

    private void OnLookFailed(string problem, TimeSpan now)
    {
        _trouble = problem;
        _troubleSince ??= now;
        if (EndIfLate(now))
        {
            return;
        }

        if (IsCutOff(now))
        {
            _outbox.Add(new FormationEffect.AskOthers());
        }

        Look(_phase is Phase.Member or Phase.Lapsed ? settings.Interval : settings.Pause);
    }

    private void OnOthersReach(string who, TimeSpan now)
    {
        if (IsCutOff(now))
        {
            End($"this balancer has not reached etcd for {(now - _troubleSince!.Value).TotalSeconds:0} s, but {who} does: {_trouble}; start it "
                + $"again when it can");
        }
    }

    private void OnBegun(long generation)
    {
        _holdsLock = true;
        if (_phase is Phase.Beginning or Phase.Seeking)
        {
            (_phase, _generation) = (Phase.Forming, generation);
            _outbox.Add(new FormationEffect.JoinSelf());
        }
        else if (_phase is Phase.Placing or Phase.Renewing)
        {
            // While placing: those we asked earlier let us in at the last moment, but none of them stands in the registry any more.
            Adopt(generation);
            Announce();
        }
    }

    private void OnBeginFailed(string problem)
    {
        _trouble = problem;
        AfterBeginning();
    }

    private void OnCameUp()
    {
        if (_phase == Phase.Forming)
        {
            Announce();
        }
        else if (_phase is Phase.Seeking or Phase.Beginning or Phase.Joining)
        {
            _phase = Phase.Placing;
            Look(TimeSpan.Zero);
        }
    }

    private void OnAnnounceRefused(TimeSpan now)
    {
        if (_phase is not Phase.Announcing)
        {
            return;
        }

        if (_holdsLock && !_wasReady)
        {
            End("the cluster could not be formed before the lease of its lock ran out: start this balancer again");
            return;
        }

        _trouble = "the generation of the cluster in etcd was another each time its entry was to be put";
        if (!EndIfLate(now))
        {
            // What stands there by now is for the next look.
            _holdsLock = false;
            _phase = Phase.Lapsed;
            Look(settings.Pause);
        }
    }

    private void OnAnnounceFailed(string problem, TimeSpan now)
    {
        _trouble = problem;
        if (_wasReady && _gone.Meet(problem))
        {
            Note($"this balancer's entry in the cluster could not be put; retrying: {problem}");
        }

        if (!EndIfLate(now))
        {
            Look(settings.Pause);
        }
    }

    private void OnLeaseLost(string why)
    {
        if (_phase is Phase.Member)
        {
            _phase = Phase.Lapsed;
            IsGone(why);
            Look(TimeSpan.Zero);
        }
    }

    private bool IsCutOff(TimeSpan now) => _wasReady && now - _troubleSince >= settings.CutOffAfter;

    // ---- before we are in

    private void Seek(ClusterSight sight, TimeSpan now)
    {
        var newest = sight.Entries.Select(e => e.Generation).DefaultIfEmpty(0).Max();

        // An entry at our own address is of an earlier life of ours: nobody else can be there. It goes when its lease runs out.
        var members = sight.Entries.Where(e => e.Generation == newest && e.Node.Address != self.Address).ToList();
        if (WhyUnlike(members) is { } sentence)
        {
            // They may all be dead and started again like this one: their entries go with their leases.
            _unlikeSince ??= now;
            if (now - _unlikeSince >= settings.EntryLife || now - _startedAt >= settings.JoinTimeout)
            {
                End(sentence);
            }
            else
            {
                Look(settings.Pause);
            }

            return;
        }

        _unlikeSince = null;
        _trouble = members.Count == 0 ? sight.InTheWay ?? "" : "";
        if (EndIfLate(now))
        {
            return;
        }
        else if (members.Count > 0)
        {
            var seeds = members.Select(e => e.Node.Address).Order(StringComparer.Ordinal).ToList();
            if (_phase != Phase.Joining || !seeds.SequenceEqual(_seeds, StringComparer.Ordinal))
            {
                _outbox.Add(new FormationEffect.Join(seeds));
            }

            (_phase, _seeds, _generation) = (Phase.Joining, seeds, newest);
            Look(settings.Interval);
        }
        else if (sight.Forming is { IsOurs: true } ours)
        {
            // Taken by a request whose answer got lost.
            _holdsLock = true;
            (_phase, _generation) = (Phase.Forming, ours.Generation);
            _outbox.Add(new FormationEffect.JoinSelf());
        }
        else if (sight.Forming is not null || sight.Entries.Count > 0)
        {
            _phase = Phase.Seeking;
            Look(settings.Pause);
        }
        else
        {
            _phase = Phase.Beginning;
            Ask(new FormationEffect.Begin());
        }
    }

    /// <summary>Why these cannot be joined; null: they can.</summary>
    private string? WhyUnlike(List<ClusterEntry> members)
    {
        if (members.Find(e => e.Policy != policy) is { } other)
        {
            return $"the balancers of this cluster have the policy {other.Policy}, this one {policy}: start it with "
                + $"{ServiceRules.FlagsFor(other.Policy)}, or start all of them again with one policy";
        }

        return members.Find(e => HasTls(e.Node) != HasTls(self)) is not { } unlike ? null
            : HasTls(self) ? $"the balancer at {unlike.Node.Address} speaks without TLS, this one with it: switch akkalb.tls on at all balancers, "
                + $"or off"
            : $"the balancer at {unlike.Node.Address} speaks with TLS, this one without: give this one --tls-cert, --tls-key and --tls-ca too";
    }

    private void AfterBeginning()
    {
        if (_phase is Phase.Beginning or Phase.Renewing)
        {
            _phase = _phase is Phase.Beginning ? Phase.Seeking : Phase.Lapsed;
            Look(settings.Pause);
        }
    }

    private bool IsLate(TimeSpan now) => !_wasReady && now - _startedAt >= settings.JoinTimeout;

    private bool EndIfLate(TimeSpan now)
    {
        if (!IsLate(now))
        {
            return false;
        }

        var tried = _seeds.Count == 0 ? "" : $" of {string.Join(", ", _seeds)}";
        End(_trouble.Length > 0
            ? $"this balancer could not enter the cluster of balancers within {settings.JoinTimeout.TotalSeconds:0.#} s: {_trouble}"
            : $"this balancer could not enter the cluster of balancers within {settings.JoinTimeout.TotalSeconds:0.#} s: none{tried} let this one "
                + $"in; check that the balancers reach each other");
        return true;
    }

    // ---- when we are in

    /// <summary>Which generation is ours is told by the lives in our cluster and not by addresses or numbers: at an address there may be another
    /// life by now, in another cluster, and a registry that went back gives numbers again.</summary>
    private void Stand(ClusterSight sight, IReadOnlySet<NodeLife> members, TimeSpan now)
    {
        var standing = sight.Entries.Where(e => e.Generation == sight.Generation).ToList();
        var ours = standing.FindAll(e => e.Node == self || members.Contains(e.Node));
        var strangers = standing.FindAll(e => !ours.Contains(e));
        _strangersSince = strangers.Count == 0 ? null : _strangersSince ?? now;
        if (ours.Count > 0)
        {
            Adopt(sight.Generation);
            Keep(sight, ours, strangers, now);
        }
        else if (strangers.Count > 0)
        {
            Await(sight.Generation, now);
        }
        else if (_phase is not Phase.Placing && sight.Generation == _generation)
        {
            Keep(sight, ours, strangers, now);
        }
        else
        {
            Return(sight, now);
        }
    }

    /// <summary>The registry's generation is that of our cluster.</summary>
    private void Keep(ClusterSight sight, List<ClusterEntry> ours, List<ClusterEntry> strangers, TimeSpan now)
    {
        if (EndIfLeftBehind(ours, strangers, now))
        {
            return;
        }

        // A lock of ours is left over where the registry was restored to the moment at which this node formed the cluster.
        _holdsLock |= sight.Forming is { IsOurs: true };
        var isThere = ours.Exists(e => e.Node == self);
        var isFound = isThere && sight.Forming is not { IsOurs: true };
        if (_phase == Phase.Member && isFound)
        {
            Look(settings.Interval);
        }
        else if (_phase == Phase.Announcing && isFound)
        {
            // Put by a request whose answer got lost.
            BeMember();
        }
        else
        {
            if (_phase == Phase.Member && !isThere)
            {
                IsGone("its key was deleted or written over");
            }

            Announce();
        }
    }

    /// <summary>Only strangers stand in the registry: they go, or we do. Word of a new member takes its time within a cluster too, so it may be
    /// none.</summary>
    private void Await(long generation, TimeSpan now)
    {
        if (now - _strangersSince < settings.Patience && !IsLate(now))
        {
            Look(settings.Pause);
            return;
        }

        End(_wasReady
            ? $"etcd names balancers (generation {generation}) that are not in the cluster of this one (generation {_generation}): theirs was "
                + $"formed while this one was cut off from etcd, or after etcd had lost its data: start it again"
            : $"this balancer got into a cluster that etcd does not name; it names another (generation {generation}): start it again");
    }

    /// <summary>The registry knows neither our cluster nor another.</summary>
    private void Return(ClusterSight sight, TimeSpan now)
    {
        if (sight.Forming is { IsOurs: true } taken)
        {
            // Taken by a request whose answer got lost.
            _holdsLock = true;
            Adopt(taken.Generation);
            Announce();
        }
        else if (sight.Forming is not null || _phase is Phase.Placing)
        {
            // A node that has just come in leaves it to those that let it in.
            if (!EndIfLate(now))
            {
                Look(settings.Pause);
            }
        }
        else
        {
            _phase = Phase.Renewing;
            Ask(new FormationEffect.Renew(sight.Generation));
        }
    }

    /// <summary>From now on this is our cluster's generation.</summary>
    private void Adopt(long generation)
    {
        if (_wasReady && generation != _generation)
        {
            Note(
                $"this cluster of balancers, generation {_generation} until now, continues as generation {generation}: etcd was wiped or restored "
                    + $"from a backup, or another cluster came and went while this one was cut off");
            if (_phase is Phase.Member)
            {
                _phase = Phase.Lapsed;
            }
        }

        _generation = generation;
    }

    /// <summary>Of one generation that has come apart those stay that have been in the registry longest: who was frozen has lost its entry
    /// meanwhile.</summary>
    private bool EndIfLeftBehind(List<ClusterEntry> ours, List<ClusterEntry> strangers, TimeSpan now)
    {
        if (now - _strangersSince < settings.Patience
            || !ours.Exists(e => e.Node == self)
            || !strangers.Exists(s => ours.TrueForAll(e => s.Order < e.Order)))
        {
            return false;
        }

        End("the other balancers have continued without this one while it was cut off, or after etcd had lost its data: start it again");
        return true;
    }

    private void Announce()
    {
        _phase = Phase.Announcing;
        Ask(new FormationEffect.Announce(_generation, _holdsLock));
    }

    private void BeMember()
    {
        if (_phase is not Phase.Announcing)
        {
            return;
        }

        _phase = Phase.Member;
        _holdsLock = false;
        if (!_wasReady)
        {
            _wasReady = true;
            _outbox.Add(new FormationEffect.Ready(_generation));
        }
        else if (_gone.End())
        {
            Note("this balancer's entry in the cluster is kept again", isTrouble: false);
        }

        Look(settings.Interval);
    }

    // ---- effects

    private static bool HasTls(NodeLife node) => node.Address.StartsWith("akka.ssl.", StringComparison.Ordinal);

    private void Note(string text, bool isTrouble = true) => _outbox.Add(new FormationEffect.Note(text, isTrouble));

    /// <summary>This member's entry went, and is put again.</summary>
    private void IsGone(string why)
    {
        _gone.Meet(why);
        Note($"this balancer's entry in the cluster is gone and is put again: {why}");
    }

    /// <summary>Reads the registry after this pause, which replaces one that runs.</summary>
    private void Look(TimeSpan after) => _lookAt = _now + after;

    /// <summary>The registry serves one caller at a time: others wait for the answer.</summary>
    private void Ask(FormationEffect request)
    {
        _isAsking = true;
        _outbox.Add(request);
    }

    private void End(string sentence)
    {
        (_phase, _lookAt) = (Phase.Ended, null);
        _outbox.Add(new FormationEffect.End(sentence));
    }
}
