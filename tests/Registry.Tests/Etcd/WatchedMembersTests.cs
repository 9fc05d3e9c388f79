using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Watching;
using Google.Protobuf;
using Mvccpb;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

public sealed class WatchedMembersTests
{
    private static readonly EtcdKeyRange Keys = new("/akkalb/workers/");
    private readonly Watch _watch = new();

    [Fact]
    public void A_snapshot_is_in_creation_order_whatever_the_order_of_the_keys()
    {
        var told = _watch.Snapshot(9, [Key("a", 5), Key("b", 3), Key("c", 4)]);
        var snapshot = Assert.IsType<Watched<Member>.Known>(Assert.Single(told));
        Assert.Equal(["b", "c", "a"], snapshot.All.Select(m => m.Worker.Id));
        Assert.Equal([3, 4, 5], snapshot.All.Select(m => m.RegistrationOrder));
    }

    [Fact]
    public void All_changes_of_one_revision_come_in_one_event()
    {
        _watch.Snapshot(9, [Key("a", 1)]);
        var changed = Assert.IsType<Watched<Member>.Known>(Assert.Single(_watch.Apply(10, [Put(Key("b", 10)), Delete("a")])));
        Assert.Equal(10, changed.Revision);
        Assert.Equal([new KeyChange<Member>("b", new Member(Worker("b"), 10)), new KeyChange<Member>("a", null)], changed.Changes);
    }

    [Fact]
    public void A_readable_member_that_becomes_unreadable_is_removed_and_its_value_told()
    {
        _watch.Snapshot(9, [Key("a", 1)]);
        Assert.Collection(
            _watch.Apply(10, [Put(Unreadable("a"))]),
            e => Assert.Equal([new KeyChange<Member>("a", null)], Assert.IsType<Watched<Member>.Known>(e).Changes),
            e => Assert.Equal("/akkalb/workers/a", Assert.IsType<Watched<Member>.Skipped>(e).Key));
    }

    [Fact]
    public void The_end_of_somebody_who_was_no_member_is_not_told()
    {
        _watch.Snapshot(9, [Unreadable("a")]);
        Assert.Empty(_watch.Apply(10, [Delete("a"), Delete("stranger")]));
    }

    [Fact]
    public void A_removal_is_told_once()
    {
        _watch.Snapshot(9, [Key("a", 1)]);
        Assert.Single(_watch.Apply(10, [Delete("a")]));
        Assert.Empty(_watch.Apply(11, [Delete("a")]));
    }

    [Fact]
    public void Keys_with_an_invalid_id_are_left_out_and_told()
    {
        var told = _watch.Snapshot(9, [Key("a", 1), new KeyValue { Key = ByteString.CopyFromUtf8("/akkalb/workers/a/b") }]);
        Assert.Single(Assert.IsType<Watched<Member>.Known>(told[0]).All);
        Assert.IsType<Watched<Member>.Skipped>(told[1]);
    }

    [Fact]
    public void An_unreadable_value_is_told_once_until_it_was_gone_or_readable()
    {
        Assert.Single(UnreadableIn(_watch.Snapshot(9, [Unreadable("a")])));
        Assert.Empty(UnreadableIn(_watch.Snapshot(10, [Unreadable("a")])));
        Assert.Empty(_watch.Apply(11, [Put(Unreadable("a"))]));
        _watch.Apply(12, [Put(Key("a", 12))]);
        Assert.Single(UnreadableIn(_watch.Apply(13, [Put(Unreadable("a"))])));
        _watch.Apply(14, [Delete("a")]);
        Assert.Single(UnreadableIn(_watch.Apply(15, [Put(Unreadable("a"))])));
    }

    [Fact]
    public void A_worker_without_a_lease_is_no_member_and_told_once_with_what_to_do()
    {
        var told = _watch.Snapshot(9, [Key("a", 1), Key("b", 2, lease: 0)]);
        Assert.Equal("a", Assert.Single(Assert.IsType<Watched<Member>.Known>(told[0]).All).Worker.Id);
        Assert.Equal(
            new Watched<Member>.Skipped(
                "/akkalb/workers/b", "it has no lease, so nobody alive holds it; remove it with etcdctl del '/akkalb/workers/b'"), told[1]);
        Assert.Empty(_watch.Apply(10, [Put(Key("b", 2, lease: 0))]));

        var changed = Assert.IsType<Watched<Member>.Known>(_watch.Apply(11, [Put(Key("a", 1, lease: 0))])[0]);
        Assert.Equal([new KeyChange<Member>("a", null)], changed.Changes);
        changed = Assert.IsType<Watched<Member>.Known>(Assert.Single(_watch.Apply(12, [Put(Key("a", 1))])));
        Assert.Equal([new KeyChange<Member>("a", new Member(Worker("a"), 1))], changed.Changes);
    }

    [Fact]
    public void A_worker_that_is_reached_by_another_protocol_is_left_out_with_what_to_do()
    {
        var tls = new KeyTable<Member>(Keys, RegistryValue.ReaderFor("akka.ssl.tcp")).Reset([Key("a", 1)], 9);
        Assert.Empty(Assert.IsType<Watched<Member>.Known>(tls[0]).All);
        Assert.Equal(
            "its worker is reached by akka.tcp, this balancer by akka.ssl.tcp; switch TLS between nodes (akkalb.tls) on at both or at neither",
            Assert.IsType<Watched<Member>.Skipped>(tls[1]).Problem);
        var any = new KeyTable<Member>(Keys, RegistryValue.ReaderFor(protocol: null)).Reset([Key("a", 1)], 9);
        Assert.Single(Assert.IsType<Watched<Member>.Known>(Assert.Single(any)).All);
    }

    [Fact]
    public void Many_unreadable_values_are_summed_up()
    {
        var told = _watch.Snapshot(9, [Key("a", 1), .. Enumerable.Range(0, 20_000).Select(i => Unreadable($"x{i}"))]);
        Assert.Single(Assert.IsType<Watched<Member>.Known>(told[0]).All);
        Assert.Equal(LeftOutValues.NamedMax, UnreadableIn(told).Count());
        Assert.Equal(new Watched<Member>.MoreSkipped(20_000 - LeftOutValues.NamedMax), told[^1]);
    }

    [Fact]
    public void A_key_is_told_fit_for_a_log()
    {
        var told = _watch.Snapshot(9, [Unreadable("a\r\nfatal: \u001b[2J")]);
        Assert.Equal("/akkalb/workers/a\\u000d\\u000afatal: \\u001b[2J", UnreadableIn(told).Single().Key);
    }

    private static IEnumerable<Watched<Member>.Skipped> UnreadableIn(IEnumerable<Watched<Member>> told) => told.OfType<Watched<Member>.Skipped>();

    private static KeyValue Key(string id, long createRevision, long lease = 1) => new()
    {
        Lease = lease,
        Key = Keys.KeyOf(id),
        Value = ByteString.CopyFrom(RegistryValue.Write(Worker(id))),
        CreateRevision = createRevision,
    };

    private static KeyValue Unreadable(string id) => new() { Key = Keys.KeyOf(id), Value = ByteString.CopyFromUtf8("{}"), CreateRevision = 1 };

    private static Event Put(KeyValue kv) => new() { Type = Event.Types.EventType.Put, Kv = kv };

    private static Event Delete(string id) => new() { Type = Event.Types.EventType.Delete, Kv = new KeyValue { Key = Keys.KeyOf(id) } };

    /// <summary>What a watch of the workers tells.</summary>
    private sealed class Watch
    {
        private readonly KeyTable<Member> _table = new(Keys, RegistryValue.ReaderFor("akka.tcp"));

        public IReadOnlyList<Watched<Member>> Snapshot(long revision, IReadOnlyList<KeyValue> all) =>
            _table.Reset(all, revision);

        public IReadOnlyList<Watched<Member>> Apply(long revision, IReadOnlyList<Event> events) =>
            _table.Apply(events, revision);
    }
}
