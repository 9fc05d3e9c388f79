using AkkaLb.Core.Machines;
using AkkaLb.Watching;

namespace AkkaLb.Core.Leases;

/// <summary>The embedded registry's rules, the same as the etcd one's: registrations live as long as their lease is renewed.</summary>
/// <remarks>
/// Its inputs are <see cref="Register"/>, <see cref="KeepAlive"/>, <see cref="UpdateRegistration"/> and <see cref="Deregister"/>. A worker that
/// registers names its lease, so that nobody else can register in its name while it lives. An input's own change is one revision; what ran out by
/// then comes first, and is a revision before it. Changes are told before the answer.
/// </remarks>
/// <param name="drawLeaseId">Positive numbers that nobody can guess: who knows a lease's id can end it.</param>
/// <param name="leasesMax">How many there may be at once.</param>
public sealed class LeaseTable(Func<long> drawLeaseId, int leasesMax = LeaseTable.LeasesMax) : IMachine<RegistryEffect>
{
    /// <summary>So many leases there may be, unless told otherwise.</summary>
    public const int LeasesMax = 100_000;

    /// <summary>Shortest lease granted; shorter wishes get this.</summary>
    public static readonly TimeSpan TtlMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest lease granted; longer wishes get this.</summary>
    public static readonly TimeSpan TtlMax = TimeSpan.FromHours(1);

    private readonly Dictionary<long, Lease> _leases = [];
    private readonly Dictionary<string, Lease> _byWorker = new(StringComparer.Ordinal);
    private readonly DueQueue<Lease> _expiries = new();
    private readonly ItemsInOrder<Member> _members = new();
    private readonly List<KeyChange<Member>> _changes = [];

    /// <summary>Rises with each input that changes anything.</summary>
    public long Revision { get; private set; }

    /// <summary>How many are registered.</summary>
    public int Count => _leases.Count;

    /// <summary>Everybody registered, in registration order.</summary>
    public IReadOnlyCollection<Member> Members => _members.All;

    /// <summary>When the next lease runs out if nothing is renewed; null without leases.</summary>
    public TimeSpan? NextDue => _expiries.NextDue;

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<RegistryEffect> outbox)
    {
        Expire(now);
        IAkkaLbMessage? answer = input switch
        {
            Register m => OnRegister(m, now),
            KeepAlive m => new KeptAlive(m.LeaseId, OnKeepAlive(m.LeaseId, now)),
            UpdateRegistration m => new RegistrationUpdated(m.LeaseId, OnUpdate(m)),
            Deregister m => OnDeregister(m),
            Tick => null,
            _ => throw Inputs.Unknown(input, "an embedded registry"),
        };
        if (_changes.Count > 0)
        {
            outbox.Add(new RegistryEffect.Tell(new Watched<Member>.Known(Revision, Members, [.. _changes])));
            _changes.Clear();
        }

        if (answer is not null)
        {
            outbox.Add(new RegistryEffect.Answer(answer));
        }
    }

    /// <summary>Registers under a lease. An id in use by another process is refused: by another incarnation, or by one whose lease has another
    /// id.</summary>
    private IAkkaLbMessage OnRegister(Register m, TimeSpan now)
    {
        var order = Revision + 1;
        if (_byWorker.TryGetValue(m.Worker.Id, out var current))
        {
            if (current.Id != m.LeaseId || current.Member.Worker.Incarnation != m.Worker.Incarnation)
            {
                return new RegisterRefused(current.Member.Worker.Incarnation);
            }

            // The same process again, say after an answer that got lost: it keeps its place.
            order = current.Member.RegistrationOrder;
            _leases.Remove(current.Id);
            _expiries.Remove(current);
        }
        else if (_leases.Count >= leasesMax)
        {
            return new RegisterRefused(0, $"the balancer's embedded registry is full: it holds {_leases.Count} workers");
        }

        var granted = m.Ttl < TtlMin ? TtlMin : m.Ttl > TtlMax ? TtlMax : m.Ttl;
        var lease = new Lease(m.LeaseId > 0 && !_leases.ContainsKey(m.LeaseId) ? m.LeaseId : DrawLeaseId(), granted)
        {
            Member = new Member(m.Worker, order),
        };
        _leases.Add(lease.Id, lease);
        _byWorker[m.Worker.Id] = lease;
        _expiries.Set(lease, now + granted);
        Revision++;
        Put(lease.Member);
        return new Registered(lease.Id, granted);
    }

    /// <summary>Renews a lease; zero when it is gone.</summary>
    private TimeSpan OnKeepAlive(long leaseId, TimeSpan now)
    {
        if (!_leases.TryGetValue(leaseId, out var lease))
        {
            return TimeSpan.Zero;
        }

        _expiries.Set(lease, now + lease.Ttl);
        return lease.Ttl;
    }

    /// <summary>Writes a changed record under its lease; false when the lease is gone or is another worker's.</summary>
    private bool OnUpdate(UpdateRegistration m)
    {
        if (!_leases.TryGetValue(m.LeaseId, out var lease)
            || lease.Member.Worker.Id != m.Worker.Id
            || lease.Member.Worker.Incarnation != m.Worker.Incarnation)
        {
            return false;
        }

        lease.Member = lease.Member with { Worker = m.Worker };
        Revision++;
        Put(lease.Member);
        return true;
    }

    /// <summary>Gives a lease back; its registration goes with it. Unknown leases are fine.</summary>
    private Deregistered OnDeregister(Deregister m)
    {
        if (_leases.TryGetValue(m.LeaseId, out var lease))
        {
            _expiries.Remove(lease);
            Remove(lease);
            Revision++;
        }

        return new Deregistered(m.LeaseId);
    }

    private void Expire(TimeSpan now)
    {
        if (!(now >= NextDue))
        {
            return;
        }

        var ended = new List<Lease>();
        while (_expiries.TryTakeDue(now, out var lease))
        {
            ended.Add(lease);
        }

        foreach (var lease in ended.OrderBy(l => l.Member.RegistrationOrder))
        {
            Remove(lease);
        }

        Revision++;
    }

    private void Remove(Lease lease)
    {
        _leases.Remove(lease.Id);
        _byWorker.Remove(lease.Member.Worker.Id);
        _members.Remove(lease.Member.RegistrationOrder, lease.Member.Worker.Id);
        _changes.Add(new KeyChange<Member>(lease.Member.Worker.Id, Item: null));
    }

    private void Put(Member member)
    {
        _members.Set(member.RegistrationOrder, member.Worker.Id, member);
        _changes.Add(new KeyChange<Member>(member.Worker.Id, member));
    }

    private long DrawLeaseId()
    {
        long id;
        do
        {
            id = drawLeaseId();
        }
        while (_leases.ContainsKey(id));
        return id;
    }

    private sealed class Lease(long id, TimeSpan ttl)
    {
        public long Id { get; } = id;

        public TimeSpan Ttl { get; } = ttl;

        public required Member Member { get; set; }
    }
}
