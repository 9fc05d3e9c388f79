using Google.Protobuf;
using Google.Protobuf.Collections;
using Mvccpb;

namespace AkkaLb.Etcd.Tests;

public sealed class ToldKeysTests
{
    private readonly ToldKeys _told = new();

    [Fact]
    public void Keys_are_different_when_one_is_missing_new_or_changed()
    {
        _told.Reset([Key("a", 1), Key("b", 2)]);
        Assert.False(_told.IsDifferent([Key("b", 2), Key("a", 1)]));
        Assert.True(_told.IsDifferent([Key("a", 1)]));
        Assert.True(_told.IsDifferent([Key("a", 1), Key("b", 3)]));
        Assert.True(_told.IsDifferent([Key("a", 1), Key("d", 2)]));
        Assert.True(_told.IsDifferent([Key("a", 1), Key("b", 2), Key("c", 3)]));
    }

    [Fact]
    public void Events_that_were_told_make_no_difference()
    {
        _told.Reset([Key("a", 1), Key("b", 2)]);
        _told.Apply([Put(Key("c", 3)), Put(Key("b", 3)), Delete("a", 3)]);
        Assert.False(_told.IsDifferent([Key("b", 3), Key("c", 3)]));
    }

    [Fact]
    public void Count_and_newest_change_are_compared_with_what_was_told()
    {
        Assert.False(_told.IsDifferent(0, 0));
        _told.Reset([Key("a", 4), Key("b", 2)]);
        Assert.False(_told.IsDifferent(2, 4));
        Assert.True(_told.IsDifferent(2, 5));
        Assert.True(_told.IsDifferent(1, 4));
        _told.Reset(new RepeatedField<KeyValue>());
        Assert.False(_told.IsDifferent(0, 0));
    }

    [Fact]
    public void A_snapshot_replaces_what_was_told_before()
    {
        _told.Reset([Key("a", 1)]);
        _told.Reset([Key("b", 1)]);
        Assert.False(_told.IsDifferent([Key("b", 1)]));
        Assert.True(_told.IsDifferent(new RepeatedField<KeyValue>()));
    }

    private static KeyValue Key(string name, long modRevision) => new() { Key = ByteString.CopyFromUtf8(name), ModRevision = modRevision };

    private static Event Put(KeyValue kv) => new() { Type = Event.Types.EventType.Put, Kv = kv };

    private static Event Delete(string name, long modRevision) => new() { Type = Event.Types.EventType.Delete, Kv = Key(name, modRevision) };
}
