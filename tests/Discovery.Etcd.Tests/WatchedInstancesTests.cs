using AkkaLb.Etcd;
using AkkaLb.Watching;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Discovery.Etcd.Tests;

public sealed class WatchedInstancesTests
{
    private static readonly EtcdKeyRange Keys = new("/p/s/");
    private readonly Table _table = new(LeftOutValues.NamedMax);

    [Fact]
    public void The_first_snapshot_is_told_also_when_it_is_empty()
    {
        Assert.Equal([], Ids(_table.Apply(Snapshot(3))));
        Assert.Empty(_table.Apply(Snapshot(4)));
    }

    [Fact]
    public void Instances_come_in_registration_order_and_a_changed_one_keeps_its_place()
    {
        Assert.Equal(["b", "a"], Ids(_table.Apply(Snapshot(9, Kv("a", 5), Kv("b", 3)))));
        Assert.Equal(["b", "a", "c"], Ids(_table.Apply(Changed(10, Put(Kv("c", 10))))));
        Assert.Equal(["b", "a", "c"], Ids(_table.Apply(Changed(11, Put(Kv("b", 3, 11))))));
        Assert.Equal(["a", "c"], Ids(_table.Apply(Changed(12, Delete("b")))));
    }

    [Fact]
    public void A_snapshot_that_says_nothing_new_is_not_told()
    {
        _table.Apply(Snapshot(9, Kv("a", 5)));
        Assert.Empty(_table.Apply(Snapshot(10, Kv("a", 5))));
        Assert.Equal([], Ids(_table.Apply(Snapshot(11))));
    }

    [Fact]
    public void An_unreadable_value_is_told_once_and_takes_the_earlier_one_with_it()
    {
        _table.Apply(Snapshot(9, Kv("a", 5)));
        var told = _table.Apply(Changed(10, Put(Kv("a", 5, 10, "junk"))));
        Assert.Equal("/p/s/a", told.OfType<Watched<ServiceInstance>.Skipped>().Single().Key);
        Assert.Equal([], Ids(told));
        Assert.Empty(_table.Apply(Snapshot(11, Kv("a", 5, 10, "junk"))));
        Assert.Empty(_table.Apply(Changed(12, Delete("a"))));
        Assert.Single(_table.Apply(Changed(13, Put(Kv("a", 13, 13, "junk")))));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"host":"h","port":0}""")]
    [InlineData("""{"host":"h","port":1,"address":"h"}""")]
    public void A_value_with_a_wrong_field_is_no_instance(string value)
    {
        var told = _table.Apply(Snapshot(9, Kv("a", 5, value: value), Kv("b", 6)));
        Assert.Equal(["b"], Ids(told));
        Assert.Single(told.OfType<Watched<ServiceInstance>.Skipped>());
    }

    [Fact]
    public void An_instance_without_a_lease_is_left_out_and_told_once_with_what_to_do()
    {
        var told = _table.Apply(Snapshot(9, Kv("a", 5), Kv("b", 6, lease: 0)));
        Assert.Equal(["a"], Ids(told));
        Assert.Equal(
            new Watched<ServiceInstance>.Skipped(
                "/p/s/b", "it has no lease, so nobody alive holds it; remove it with etcdctl del '/p/s/b'"),
                told.OfType<Watched<ServiceInstance>.Skipped>().Single());
        Assert.Empty(_table.Apply(Changed(10, Put(Kv("b", 6, 10, lease: 0)))));
        Assert.Equal([], Ids(_table.Apply(Changed(11, Put(Kv("a", 5, 11, lease: 0))))));
        Assert.Equal(["a"], Ids(_table.Apply(Changed(12, Put(Kv("a", 5, 12))))));
    }

    [Fact]
    public void Many_unreadable_values_are_summed_up_and_not_told_again()
    {
        var junk = Enumerable.Range(0, 20_000).Select(i => Kv($"x{i}", i + 1, value: "junk")).ToArray();
        var told = _table.Apply(Snapshot(20_000, junk));
        Assert.Equal(LeftOutValues.NamedMax, told.OfType<Watched<ServiceInstance>.Skipped>().Count());
        Assert.Equal(20_000 - LeftOutValues.NamedMax, told.OfType<Watched<ServiceInstance>.MoreSkipped>().Single().Count);
        Assert.Empty(_table.Apply(Snapshot(20_001, junk)));
        Assert.Equal(20_000, new Table(int.MaxValue).Apply(Snapshot(1, junk)).OfType<Watched<ServiceInstance>.Skipped>().Count());
    }

    [Fact]
    public void Another_unreadable_value_with_the_same_problem_is_no_news()
    {
        Assert.Single(_table.Apply(Snapshot(9, Kv("a", 5, 5, "junk"))).OfType<Watched<ServiceInstance>.Skipped>());
        Assert.Empty(_table.Apply(Changed(10, Put(Kv("a", 5, 10, "junk")))));
        Assert.Single(_table.Apply(Changed(11, Put(Kv("a", 5, 11, "{}")))));
    }

    [Fact]
    public void The_key_of_an_unreadable_value_is_told_fit_for_a_log()
    {
        var told = _table.Apply(Snapshot(9, Kv("a\r\nfatal: \u001b[2J", 5)));
        Assert.Equal("/p/s/a\\u000d\\u000afatal: \\u001b[2J", told.OfType<Watched<ServiceInstance>.Skipped>().Single().Key);
    }

    private static IEnumerable<string> Ids(IReadOnlyList<Watched<ServiceInstance>> told) =>
        told.OfType<Watched<ServiceInstance>.Known>().Single().All.Select(i => i.Id);

    private static Func<KeyTable<ServiceInstance>, IEnumerable<Watched<ServiceInstance>>> Snapshot(long revision, params KeyValue[] all) =>
        table => table.Reset(all, revision);

    private static Func<KeyTable<ServiceInstance>, IEnumerable<Watched<ServiceInstance>>> Changed(long revision, params Event[] events) =>
        table => table.Apply(events, revision);

    private static Event Put(KeyValue kv) => new() { Type = Event.Types.EventType.Put, Kv = kv };

    private static Event Delete(string id) => new() { Type = Event.Types.EventType.Delete, Kv = new KeyValue { Key = Keys.KeyOf(id) } };

    private static KeyValue Kv(string id, long created, long? modified = null, string value = """{"host":"h","port":1}""", long lease = 1) =>
        new() { Key = Keys.KeyOf(id), Lease = lease, CreateRevision = created, ModRevision = modified ?? created,
            Value = ByteString.CopyFromUtf8(value) };

    /// <summary>What a watch of a service tells.</summary>
    private sealed class Table(int namedMax)
    {
        private readonly KeyTable<ServiceInstance> _keys = new(Keys, ServiceInstanceValue.Read, namedMax);

        public IReadOnlyList<Watched<ServiceInstance>> Apply(Func<KeyTable<ServiceInstance>, IEnumerable<Watched<ServiceInstance>>> told) =>
            [.. told(_keys).Where(e => e is not Watched<ServiceInstance>.Known { IsNews: false })];
    }
}
