using AkkaLb.Core.Leases;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Leases;

public class LeaseTableTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly LeaseTable _table = new(new Random(1));
    private readonly List<MemberChange> _changes = [];

    [Fact]
    public void An_id_in_use_by_another_incarnation_is_refused_and_the_holder_named()
    {
        Register("a", incarnation: 7);
        Assert.Equal((0, TimeSpan.Zero), _table.Register(Worker("a", 8), S(5), S(1), _changes, out var holder));
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
    public void The_same_incarnation_registers_again_and_keeps_its_place()
    {
        var first = Register("a");
        Register("b");
        var second = Register("a");
        Assert.Equal(["a", "b"], _table.Members.Select(m => m.Worker.Id));
        Assert.Equal(TimeSpan.Zero, _table.KeepAlive(first, default, _changes));
        Assert.Equal(S(5), _table.KeepAlive(second, default, _changes));
    }

    [Fact]
    public void A_lease_runs_out_exactly_at_its_ttl()
    {
        Register("a");
        _table.Expire(S(5) - Tick, _changes);
        Assert.Single(_table.Members);
        _table.Expire(S(5), _changes);
        Assert.Empty(_table.Members);
        Assert.Equal("a", Assert.IsType<MemberChange.Removed>(_changes[^1]).WorkerId);
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
        Assert.Equal(S(granted), _table.Register(Worker("a"), S(asked), default, _changes, out _).Ttl);

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
        Assert.Equal((2, null), (_table.Revision, _table.NextExpiry));
    }

    [Fact]
    public void The_table_agrees_with_a_naive_one_on_any_sequence_of_calls() => Seeded.Runs(3_000, random =>
    {
        var (table, naive, now, leases) = (new LeaseTable(random), new NaiveLeases(), TimeSpan.Zero, new List<long> { 1 });
        var follower = new Dictionary<string, WorkerRecord>();
        for (var step = 0; step < 80; step++)
        {
            now += random.Chance(0.5) ? TimeSpan.Zero : Ms(random.Next(8) * 250);
            var (revision, changes) = (table.Revision, new List<MemberChange>());
            Call(table, naive, random, leases, now, changes);
            Follow(follower, changes);

            Assert.Equal(naive.Registered.Select(r => r.Worker), table.Members.Select(m => m.Worker));
            Assert.Equal(naive.Registered.Select(r => r.Worker).OrderBy(w => w.Id), follower.Values.OrderBy(w => w.Id));
            Assert.Equal(changes.Count > 0, table.Revision > revision);
            Assert.Equal(naive.NextExpiry, table.NextExpiry);
        }
    });

    private static void Call(LeaseTable table, NaiveLeases naive, Random random, List<long> leases, TimeSpan now, List<MemberChange> changes)
    {
        var worker = Worker(random.Of(["a", "b", "c", "d"]), random.Next(1, 3), random.Chance(0.2) ? WorkerState.Draining : WorkerState.Up);
        var lease = random.Of(leases);
        switch (random.Next(6))
        {
            case 0 or 1:
                var (granted, ttl) = table.Register(worker, S(random.Next(1, 5)), now, changes, out var holder);
                Assert.Equal(naive.Register(worker, granted, ttl, now) ?? 0, holder);
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

    private static void Follow(Dictionary<string, WorkerRecord> follower, List<MemberChange> changes)
    {
        foreach (var change in changes)
        {
            if (change is MemberChange.Put put)
            {
                follower[put.Member.Worker.Id] = put.Member.Worker;
            }
            else
            {
                Assert.True(follower.Remove(((MemberChange.Removed)change).WorkerId), "removed who was not there");
            }
        }
    }

    private long Register(string id, long incarnation = 1, TimeSpan now = default) =>
        _table.Register(Worker(id, incarnation), S(5), now, _changes, out _).LeaseId;
}
