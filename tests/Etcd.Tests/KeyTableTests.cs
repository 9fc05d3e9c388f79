using AkkaLb.Watching;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Etcd.Tests;

public sealed class KeyTableTests
{
    private static readonly EtcdKeyRange Keys = new("/t/");
    private readonly KeyTable<string> _told = new(Keys, Read);

    [Fact]
    public void Keys_are_different_when_one_is_missing_new_or_changed()
    {
        _told.Reset([Key("a", 1), Key("b", 2)], 1);
        Assert.False(_told.IsDifferent([Key("b", 2), Key("a", 1)]));
        Assert.True(_told.IsDifferent([Key("a", 1)]));
        Assert.True(_told.IsDifferent([Key("a", 1), Key("b", 3)]));
        Assert.True(_told.IsDifferent([Key("a", 1), Key("d", 2)]));
        Assert.True(_told.IsDifferent([Key("a", 1), Key("b", 2), Key("c", 3)]));
    }

    [Fact]
    public void Events_that_were_told_make_no_difference()
    {
        _told.Reset([Key("a", 1), Key("b", 2)], 1);
        _told.Apply([Put(Key("c", 3)), Put(Key("b", 3)), Delete("a", 3)], 3);
        Assert.False(_told.IsDifferent([Key("b", 3), Key("c", 3)]));
    }

    [Fact]
    public void Count_and_newest_change_are_compared_with_what_was_told()
    {
        Assert.False(_told.IsDifferent(0, 0));
        _told.Reset([Key("a", 4), Key("b", 2)], 1);
        Assert.False(_told.IsDifferent(2, 4));
        Assert.True(_told.IsDifferent(2, 5));
        Assert.True(_told.IsDifferent(1, 4));
        _told.Reset([], 1);
        Assert.False(_told.IsDifferent(0, 0));
    }

    [Fact]
    public void A_snapshot_replaces_what_was_told_before()
    {
        _told.Reset([Key("a", 1)], 1);
        _told.Reset([Key("b", 1)], 1);
        Assert.False(_told.IsDifferent([Key("b", 1)]));
        Assert.True(_told.IsDifferent([]));
    }

    [Fact]
    public void A_store_that_was_emptied_and_counts_again_is_told_though_its_revisions_are_the_same()
    {
        _told.Reset([Key("a", 5, "old")], 5);
        var known = Assert.IsType<Watched<string>.Known>(Assert.Single(_told.Reset([Key("a", 5, "new")], 5, "another store")));
        Assert.True(known.IsNews);
        Assert.Equal(["new"], known.All);
    }

    [Fact]
    public void Where_something_stands_for_a_key_that_cannot_be_used_it_is_told_with_its_problem_and_so_is_its_end()
    {
        var told = new KeyTable<string>(Keys, Read, unusable: id => $"unusable {id}");
        told.Reset([Key("a", 1)], 1);
        Assert.Collection(
            told.Apply([Put(Key("a", 2, ""))], 2),
            e => Assert.Equal([new KeyChange<string>("a", "unusable a")], Assert.IsType<Watched<string>.Known>(e).Changes),
            e => Assert.Equal("it is empty", Assert.IsType<Watched<string>.Skipped>(e).Problem));
        var gone = Assert.IsType<Watched<string>.Known>(Assert.Single(told.Apply([Delete("a", 3)], 3)));
        Assert.Empty(gone.All);
        Assert.Equal([new KeyChange<string>("a", null)], gone.Changes);
    }

    [Fact]
    public void What_was_told_does_not_change_when_more_is_told()
    {
        var first = Assert.IsType<Watched<string>.Known>(Assert.Single(_told.Reset([Key("a", 1, "x"), Key("b", 2, "y")], 2)));
        var second = Assert.IsType<Watched<string>.Known>(Assert.Single(_told.Apply([Delete("a", 3), Put(Key("c", 3, "z"))], 3)));
        _told.Apply([Delete("b", 4)], 4);
        Assert.Equal(["x", "y"], first.All);
        Assert.Equal(["y", "z"], second.All);
        Assert.Equal([new KeyChange<string>("a", null), new KeyChange<string>("c", "z")], second.Changes);
    }

    [Fact]
    public void After_any_history_a_table_that_followed_it_knows_what_one_that_reads_it_whole_knows()
    {
        const int seed = 7;
        var random = new Random(seed);
        var store = new Dictionary<string, KeyValue>();
        var changed = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var lists = new List<(IEnumerable<string> Told, List<string> Then)>();
        _told.Reset([], 0);
        for (var revision = 1L; revision <= 3000; revision++)
        {
            var name = $"k{random.Next(20)}";
            var isPut = random.Next(3) > 0;
            if (isPut)
            {
                var created = store.TryGetValue(name, out var known) ? known.CreateRevision : revision;
                store[name] = new KeyValue { Key = Keys.KeyOf(name), CreateRevision = created, ModRevision = revision,
                    Value = ByteString.CopyFromUtf8(random.Next(4) == 0 ? "" : $"{name}:{revision}") };
            }
            else
            {
                store.Remove(name);
            }

            // Followed by events, or, after an outage, by a whole reading.
            var told = random.Next(5) == 0 ? _told.Reset([.. store.Values], revision)
                : _told.Apply([isPut ? Put(store[name]) : Delete(name, revision)], revision);
            foreach (var change in told.OfType<Watched<string>.Known>().SelectMany(k => k.Changes ?? []))
            {
                _ = change.Item is null ? changed.Remove(change.Id) : (changed[change.Id] = change.Item) is not null;
            }

            if (told.OfType<Watched<string>.Known>().SingleOrDefault() is { } now)
            {
                changed = now.Changes is null ? new(now.All.ToDictionary(v => v.Split(':')[0]), StringComparer.Ordinal) : changed;
                var whole = new KeyTable<string>(Keys, Read).Reset([.. store.Values], revision).OfType<Watched<string>.Known>().Single();
                Assert.True(whole.All.SequenceEqual(now.All), $"seed {seed}, revision {revision}");
                lists.Add((now.All, [.. now.All]));
                Assert.True(whole.All.Order(StringComparer.Ordinal).SequenceEqual(
                    changed.Values.Order(StringComparer.Ordinal)), $"seed {seed}, revision {revision}: changes");
            }

            Assert.False(_told.IsDifferent([.. store.Values]), $"seed {seed}, revision {revision}");
        }

        Assert.All(lists, list => Assert.Equal(list.Then, list.Told));
    }

    private static string? Read(string id, KeyValue kv, out string? item)
    {
        item = kv.Value.ToStringUtf8();
        return item.Length == 0 ? "it is empty" : null;
    }

    private static KeyValue Key(string name, long modRevision, string value = "x") =>
        new() { Key = Keys.KeyOf(name), ModRevision = modRevision, CreateRevision = modRevision, Value = ByteString.CopyFromUtf8(value) };

    private static Event Put(KeyValue kv) => new() { Type = Event.Types.EventType.Put, Kv = kv };

    private static Event Delete(string name, long modRevision) => new() { Type = Event.Types.EventType.Delete, Kv = Key(name, modRevision) };
}
