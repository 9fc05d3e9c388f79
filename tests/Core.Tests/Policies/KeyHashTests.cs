using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Tests.Policies;

public class KeyHashTests
{
    /// <summary>The published value of the empty text, and what other balancers have computed: it never changes.</summary>
    [Theory]
    [InlineData("", 0x2D06800538D394C2)]
    [InlineData("ada", 0x691D4463952C802F)]
    public void A_hash_is_the_same_in_every_process(string text, ulong hash) => Assert.Equal(hash, KeyHash.Of(text));

    [Fact]
    public void Long_keys_count_to_their_end()
    {
        var most = new string('\u20ac', Assign.KeyLengthMax - 1);
        Assert.NotEqual(KeyHash.Of(most + "a"), KeyHash.Of(most + "b"));
        Assert.Equal(KeyHash.Of(most + "a"), KeyHash.Of(most + "a"));
    }

    [Fact]
    public void Places_are_below_the_size()
    {
        Assert.Equal(0, KeyHash.Place(0, 65_537));
        Assert.Equal(65_536, KeyHash.Place(ulong.MaxValue, 65_537));
    }
}
