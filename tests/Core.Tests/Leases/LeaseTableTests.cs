using AkkaLb.Core.Leases;
using AkkaLb.Watching;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Leases;

public class LeaseTableTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly LeaseTable _table = new(Draw(new Random(1)), leasesMax: 3);
    private readonly List<KeyChange<Member>> _changes = [];

    [Fact]
    public void An_id_in_use_by_another_incarnation_is_refused_and_the_holder_named()
    {
        Register("a", incarnation: 7);
        Assert.Equal((0, TimeSpan.Zero), _table.Register(Worker("a", 8), 0, S(5), S(1), _changes, out var holder));
        Assert.Equal(7, holder);
    }

    [Fact]
    public void An_id_is_free_again_when_its_lease_ran_out()
    {
        Register("a", incarnation: 7);
        Assert.NotEqual(0, Register("a", incarnation: 8, now: S(5)));
        Assert.Equal(8, Assert.Single(_table.Members).Worker.Incarnation);
    }

    [Fact]
    public void The_same_process_registers_again_under_its_lease_and_keeps_its_place()
    {
        Assert.Equal(77, Register("a", leaseId: 77));
        Register("b");
        Assert.Equal(77, Register("a", leaseId: 77, now: S(4)));
        Assert.Equal(["a", "b"], _table.Members.Select(m => m.Worker.Id));
        Assert.Equal(S(5), _table.KeepAlive(77, S(9) - Tick, _changes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(78)]
    public void A_live_incarnation_is_registered_again_only_under_the_id_of_its_lease(long leaseId)
    {
        Register("a", incarnation: 7, leaseId: 77);
        _changes.Clear();
        Assert.Equal((0, TimeSpan.Zero), _table.Register(Worker("a", 7), leaseId, S(5), S(1), _changes, out var holder));
        Assert.Equal((7, S(5)), (holder, _table.KeepAlive(77, S(1), _changes)));
        Assert.Empty(_changes);
    }

    [Fact]
    public void A_lease_id_that_is_in_use_is_not_given_twice()
    {
        Register("a", leaseId: 77);
        Assert.NotEqual(77, Register("b", leaseId: 77));
        Assert.Equal(2, _table.Count);
    }

    [Fact]
    public void An_unknown_lease_changes_nothing()
    {
        var lease = Register("a");
        _changes.Clear();
        Assert.Equal(TimeSpan.Zero, _table.KeepAlive(lease + 1, default, _changes));
        Assert.False(_table.Update(lease + 1, Worker("a", state: WorkerState.Draining), default, _changes));
        _table.Deregister(lease + 1, default, _changes);
        Assert.Empty(_changes);
    }

    [Fact]
    public void There_is_no_more_room_than_said_until_a_lease_has_ended()
    {
        Register("a", leaseId: 77);
        Register("b");
        Register("c");
        Assert.Equal((0, TimeSpan.Zero), _table.Register(Worker("d"), 0, S(5), default, _changes, out var holder));
        Assert.Equal((0, 77), (holder, Register("a", leaseId: 77)));
        Assert.NotEqual(0, Register("d", now: S(5)));
    }

    [Fact]
    public void A_lease_runs_out_exactly_at_its_ttl()
    {
        Register("a");
        _table.Expire(S(5) - Tick, _changes);
        Assert.Single(_table.Members);
        _table.Expire(S(5), _changes);
        Assert.Empty(_table.Members);
        Assert.Equal(Build.Removed("a"), _changes[^1]);
    }

    [Fact]
    public void A_renewal_counts_from_when_it_comes()
    {
        var lease = Register("a");
        Assert.Equal(S(5), _table.KeepAlive(lease, S(4), _changes));
        Assert.Equal(S(5), _table.KeepAlive(lease, S(9) - Tick, _changes));
        Assert.Equal(TimeSpan.Zero, _table.KeepAlive(lease, S(14) - Tick, _changes));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-3, 1)]
    [InlineData(0.999, 1)]
    [InlineData(5, 5)]
    [InlineData(3601, 3600)]
    public void The_ttl_granted_lies_between_a_second_and_an_hour(double asked, double granted) =>
        Assert.Equal(S(granted), _table.Register(Worker("a"), 0, S(asked), default, _changes, out _).Ttl);

    [Fact]
    public void An_update_needs_the_lease_of_that_very_worker()
    {
        var (a, b) = (Register("a"), Register("b"));
        Assert.False(_table.Update(b, Worker("a"), default, _changes));
        Assert.False(_table.Update(a, Worker("a", incarnation: 2), default, _changes));
        Assert.True(_table.Update(a, Worker("a", state: WorkerState.Draining), default, _changes));
        Assert.False(_table.Update(a, Worker("a"), S(5), _changes));
    }

    [Fact]
    public void Giving_a_lease_back_removes_its_registration_and_twice_does_no_harm()
    {
        var lease = Register("a");
        _table.Deregister(lease, default, _changes);
        _table.Deregister(lease, default, _changes);
        Assert.Empty(_table.Members);
        Assert.Equal((2, null), (_table.Revision, _table.NextDue));
    }

    [Fact]
    public void The_table_agrees_with_a_naive_one_on_any_sequence_of_calls() => Seeded.Runs(3_000, random =>
    {
        var (table, naive, now, leases) = (new LeaseTable(Draw(random)), new NaiveLeases(), TimeSpan.Zero, new List<long> { 1 });
        var follower = new Dictionary<string, WorkerRecord>();
        for (var step = 0; step < 80; step++)
        {
            now += random.Chance(0.5) ? TimeSpan.Zero : Ms(random.Next(8) * 250);
            var (revision, changes) = (table.Revision, new List<KeyChange<Member>>());
            Call(table, naive, random, leases, now, changes);
            Follow(follower, changes);

            Assert.Equal(naive.Registered.Select(r => r.Worker), table.Members.Select(m => m.Worker));
            Assert.Equal(naive.Registered.Select(r => r.Worker).OrderBy(w => w.Id), follower.Values.OrderBy(w => w.Id));
            Assert.Equal(changes.Count > 0, table.Revision > revision);
            Assert.Equal(naive.NextExpiry, table.NextDue);
        }
    });

    private static void Call(LeaseTable table, NaiveLeases naive, Random random, List<long> leases, TimeSpan now, List<KeyChange<Member>> changes)
    {
        var worker = Worker(random.Of(["a", "b", "c", "d"]), random.Next(1, 3), random.Chance(0.2) ? WorkerState.Draining : WorkerState.Up);
        var lease = random.Of(leases);
        switch (random.Next(6))
        {
            case 0 or 1:
                var asked = random.Chance(0.3) ? 0 : lease;
                var (granted, ttl) = table.Register(worker, asked, S(random.Next(1, 5)), now, changes, out var holder);
                Assert.Equal(naive.Register(worker, asked, granted, ttl, now) ?? 0, holder);
                leases.Add(granted);
                break;
            case 2:
                Assert.Equal(naive.KeepAlive(lease, now), table.KeepAlive(lease, now, changes));
                break;
            case 3:
                Assert.Equal(naive.Update(lease, worker, now), table.Update(lease, worker, now, changes));
                break;
            case 4:
                naive.Deregister(lease, now);
                table.Deregister(lease, now, changes);
                break;
            default:
                naive.Expire(now);
                table.Expire(now, changes);
                break;
        }
    }

    private static void Follow(Dictionary<string, WorkerRecord> follower, List<KeyChange<Member>> changes)
    {
        foreach (var change in changes)
        {
            if (change.Item is { } member)
            {
                follower[change.Id] = member.Worker;
            }
            else
            {
                Assert.True(follower.Remove(change.Id), "removed who was not there");
            }
        }
    }

    private long Register(string id, long incarnation = 1, TimeSpan now = default, long leaseId = 0) =>
        _table.Register(Worker(id, incarnation), leaseId, S(5), now, _changes, out _).LeaseId;

    private static Func<long> Draw(Random random) => () => random.NextInt64(1, long.MaxValue);
}
