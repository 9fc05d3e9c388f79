using System.Text;
using AkkaLb.Tests.Support;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>What stands under a lease's key: whoever may write to etcd may write anything there, and then holds the lease, whoever that is.</summary>
public sealed class LeaseValueTests
{
    private const long LeaseId = 7;
    private static readonly string Good = Encoding.UTF8.GetString(LeaseValue.Write("owner", "instance"));

    [Fact]
    public void The_bytes_written_are_the_golden_ones() => Assert.Equal("""{"owner":"owner","instance":"instance","version":1}""", Good);

    [Fact]
    public void What_was_written_is_read() => Assert.Equal(new LeaseHolder("instance", LeaseId, "owner"), Read(Encoding.UTF8.GetBytes(Good)));

    [Fact]
    public void Fields_of_a_newer_version_are_skipped() =>
        Assert.Equal(new LeaseHolder("instance", LeaseId, "owner"), Read(
            """{"zone":{"a":[1]},"owner":"owner","instance":"instance","version":2}"""u8));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"owner":"owner"}""")]
    [InlineData("""{"owner":1,"instance":"instance"}""")]
    [InlineData("""{"owner":"owner","instance":"instance","instance":"other"}""")]
    public void A_value_that_cannot_be_read_is_somebodys_and_never_ours(string value) =>
        Assert.Equal(new LeaseHolder("", LeaseId, ""), Read(Encoding.UTF8.GetBytes(value)));

    [Fact]
    public void No_hostile_value_throws_or_gives_more_than_a_short_text()
    {
        var values = HostileValues.Listed(Good).Concat(HostileValues.Damaged(Good, seed: 3, count: 30_000)).ToList();

        Assert.All(values, value =>
        {
            var holder = Read(value);
            Assert.Equal(LeaseId, holder.LeaseId);
            Assert.InRange(holder.Owner.Length, 0, 512);
            Assert.InRange(holder.Instance.Length, 0, 512);
        });
    }

    private static LeaseHolder Read(ReadOnlySpan<byte> value) =>
        LeaseValue.HolderOf(new KeyValue { Value = ByteString.CopyFrom(value), Lease = LeaseId });
}
