using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

/// <summary>Around every policy: workers of the client's zone first, others when there is no room.</summary>
public class ZoneFirstTests
{
    private const int Places = 4;

    private readonly List<Candidate> _picked = [];
    private readonly HashSet<long> _open = [];
    private WorkerPool _pool = null!;
    private long _request;

    public static TheoryData<string> Policies { get; } = new(Policy.All.Select(p => p.Name));

    public static TheoryData<string> NotByKey { get; } =
        new(Policy.All.Select(p => p.Name).Where(name => name is not (Policy.Rendezvous or Policy.Maglev)));

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_request_stays_in_its_zone_while_a_place_is_free_there_and_then_goes_where_the_load_is_least(string policy)
    {
        Begin(policy, ("a", "x"), ("b", "x"), ("c", "y"), ("d", "y"));
        var inX = Enumerable.Range(0, 2 * Places).Select(_ => Pick("x")).ToList();
        Assert.All(inX, id => Assert.Contains(id, "ab", StringComparison.Ordinal));
        Assert.Contains(Pick("x"), "cd", StringComparison.Ordinal);
        Assert.Contains(Pick("y"), "cd", StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(NotByKey))]
    public void A_request_of_no_zone_or_of_an_unknown_one_goes_where_the_load_is_least(string policy)
    {
        Begin(policy, ("a", "x"), ("b", "y"), ("c", "y"), ("d", ""));
        var picks = Enumerable.Range(0, 12).Select(i => Pick(i % 2 == 0 ? "" : "z")).ToList();
        Assert.Equal([3, 6, 3], new[] { picks.Count(id => id == "a"), picks.Count(id => id is "b" or "c"), picks.Count(id => id == "d") });
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_zone_that_is_left_out_or_gone_keeps_nobody_waiting(string policy)
    {
        Begin(policy, ("a", "x"), ("b", "y"));
        Assert.Equal("b", Pick("x", leaveOut: Key("a")));
        _pool.ApplyChanges([Removed("a")], default);
        Assert.Equal("b", Pick("x"));
        Assert.Equal(AssignRejectReason.AllExcluded, Ask("x", null, Key("b"))?.Reason);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_worker_that_changes_its_zone_is_found_in_the_new_one_alone(string policy)
    {
        Begin(policy, ("a", "x"), ("b", "y"), ("c", "x"));
        Pick("x");
        Pick("y");
        _pool.ApplyChanges([Put(Of("a", 1, "y")), Put(Of("b", 2, "x"))], default);
        for (var i = 0; i < 2; i++)
        {
            Assert.NotEqual("a", Pick("x"));
            Assert.Equal("a", Pick("y"));
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void When_nobody_tells_a_zone_any_more_all_is_as_without_zones(string policy)
    {
        Begin(policy, ("a", ""), ("b", "y"));
        Pick("y");
        _pool.ApplyChanges([Put(Of("b", 2, ""))], default);
        Assert.Contains("a", Enumerable.Range(0, 6).Select(_ => Pick("y")));
        _pool.ApplyChanges([Put(Of("b", 2, "y"))], default);
        Assert.Equal("b", Pick("y"));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Workers_of_any_zone_are_left_out_and_nobody_is_lost_by_it(string policy)
    {
        var random = new Random(7);
        Begin(policy, BalancerLimits.Default, [.. Enumerable.Range(0, 9).Select(i => ($"{(char)('a' + i)}", $"z{i % 3}"))]);
        for (var i = 0; i < 300; i++)
        {
            var leaveOut = Enumerable.Range(0, 9).Where(_ => random.Next(3) == 0).Select(n => Key($"{(char)('a' + n)}")).ToArray();
            if (leaveOut.Length < 9)
            {
                var zone = $"z{random.Next(3)}";
                Assert.DoesNotContain(Pick(zone, i % 2 == 0 ? $"key {i}" : null, leaveOut), leaveOut.Select(key => key.Id));
                End(_request);
            }
        }
    }

    [Theory]
    [InlineData(0.5, 4)]
    [InlineData(1, 8)]
    [InlineData(2, 16)]
    public void How_many_stay_at_home_is_a_matter_of_the_setting(double spill, int atHome)
    {
        Begin(Policy.LeastRequests, BalancerLimits.Default with { ZoneSpill = spill }, ("a", "x"), ("b", "x"), ("c", "y"));
        var picks = Enumerable.Range(0, 17).Select(_ => Pick("x")).ToList();
        Assert.Equal(atHome, picks.IndexOf("c"));
    }

    [Fact]
    public void At_0_zones_do_not_count()
    {
        Begin(Policy.RoundRobin, BalancerLimits.Default with { ZoneSpill = 0 }, ("a", "x"), ("b", "y"));
        Assert.Equal(["a", "b", "a", "b"], Enumerable.Range(0, 4).Select(_ => Pick("x")));
    }

    [Fact]
    public void Jobs_that_end_make_room_at_home()
    {
        Begin(Policy.FirstFree, ("a", "x"), ("b", "y"));
        for (var i = 0; i < Places; i++)
        {
            Assert.Equal("a", Pick("x"));
        }

        Assert.Equal("b", Pick("x"));
        End(1);
        Assert.Equal("a", Pick("x"));
        for (var i = 0; i < Places - 1; i++)
        {
            Assert.Equal("b", Pick("x"));
        }

        Assert.Equal(AssignRejectReason.NoCapacity, Ask("x", null)?.Reason);
    }

    [Fact]
    public void Slow_places_of_a_zone_are_left_alone_while_its_own_share_of_those_who_wait_soon_gets_faster_ones()
    {
        const int Many = 100;
        Begin(Policy.FirstFree, ("a", "x"), ("b", "x"), ("c", "y"), ("d", "y"));
        _pool.ApplyChanges(
            [.. new[] { ("a", 1, "x", 100), ("b", 2, "x", 50), ("c", 3, "y", 100), ("d", 4, "y", 50) }.Select(w => Put(
                Of(w.Item1, w.Item2, w.Item3) with
                {
                    Worker = Worker(w.Item1) with { Capacity = Many, Places = Many, Speed = w.Item4, Zone = w.Item3 },
                }))],
            default);
        for (var i = 0; i < Many; i++)
        {
            Assert.Equal("a", Pick("x"));
            Assert.Equal("c", Pick("y"));
        }

        End(1);
        End(2);
        Assert.Equal("a", Pick("x"));
        Assert.Equal("c", Pick("y"));

        // A slow place loses one service time, so one in twenty of the 200 fast places may be waited for.
        Assert.Equal(AssignRejectReason.NoCapacity, AskWith(waiting: 8)?.Reason);
        Assert.Equal(AssignRejectReason.NoCapacity, AskWith(waiting: 3, Key("c"), Key("d"))?.Reason);
        Assert.Null(AskWith(waiting: 9));
    }

    [Theory]
    [InlineData(Policy.Rendezvous)]
    [InlineData(Policy.Maglev)]
    public void A_key_of_no_zone_has_one_home_and_keys_are_spread_by_capacity(string policy)
    {
        Begin(policy, ("a", "x"), ("b", "y"), ("c", "y"));
        var homes = Enumerable.Range(0, 900).Select(n => $"key {n}").ToDictionary(key => key, key => PickAndEnd("", key));
        Assert.InRange(homes.Values.Count(id => id == "a"), 240, 360);
        // One in a hundred explores.
        Assert.InRange(homes.Count(home => PickAndEnd("", home.Key) == home.Value), 870, 900);
    }

    [Fact]
    public void Zones_beyond_sixteen_are_one()
    {
        Begin(Policy.LeastRequests, [.. Enumerable.Range(10, 20).Select(n => ($"w{n}", $"z{n}"))]);
        Assert.Equal("w11", Pick("z11"));
        Assert.Equal("w25", Pick("z29"));
        Assert.Equal("w26", Pick("z25"));
    }

    private void Begin(string policy, params (string Id, string Zone)[] workers) => Begin(policy, BalancerLimits.Default, workers);

    private void Begin(string policy, BalancerLimits limits, params (string Id, string Zone)[] workers)
    {
        _pool = Pool(Policy.Of(policy), limits, _ => TimeSpan.Zero);
        _pool.ApplySnapshot([.. workers.Select((w, i) => Of(w.Id, i + 1, w.Zone))], default);
        foreach (var (id, _) in workers)
        {
            _pool.Report(Sample(id, 100), default);
        }
    }

    private static Member Of(string id, long order, string zone) =>
        Up(id, order) with { Worker = Worker(id) with { Capacity = Places, Places = Places, Zone = zone } };

    private string Pick(string zone, string? key = null, params WorkerKey[] leaveOut)
    {
        Assert.Null(Ask(zone, key, leaveOut));
        _open.Add(_request);
        return Assert.Single(_picked).Key.Id;
    }

    private AssignRejection? Ask(string zone, string? key, params WorkerKey[] leaveOut) =>
        _pool.Assign(Question(zone, key, leaveOut), _picked, default);

    private AssignRejection? AskWith(int waiting, params WorkerKey[] leaveOut) =>
        _pool.Assign(Question("", null, leaveOut), _picked, default, waiting: waiting);

    private Assign Question(string zone, string? key, WorkerKey[] leaveOut) =>
        new(++_request, 1, leaveOut, key, S(60), Finished: new Finished(1, 0, []), Zone: zone);

    private string PickAndEnd(string zone, string key)
    {
        var id = Pick(zone, key);
        End(_request);
        return id;
    }

    private void End(long request)
    {
        Assert.True(_open.Remove(request));
        _pool.Finish(new Finished(1, 0, [new EndedPick(request, PickEnd.Done, S(1), default)]), default);
    }
}
