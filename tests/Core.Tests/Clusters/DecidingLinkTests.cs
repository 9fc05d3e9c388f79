using AkkaLb.Core.Clusters;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clusters;

/// <summary>An answer is believed for 1 s.</summary>
public class DecidingLinkTests
{
    private readonly DecidingLink _link = new(S(1));

    [Fact]
    public void Nobody_decides_before_the_first_answer() => Assert.False(_link.IsKnown(S(0)));

    [Fact]
    public void An_answer_is_believed_until_the_silence_is_too_long()
    {
        Assert.True(_link.Heard(7, S(1)));
        Assert.True(_link.IsKnown(S(2) - TimeSpan.FromTicks(1)));
        Assert.False(_link.IsKnown(S(2)));
        Assert.False(_link.Heard(7, S(2)));
        Assert.True(_link.IsKnown(S(2)));
    }

    [Fact]
    public void Late_news_of_an_earlier_term_is_not_believed_while_a_later_one_is_heard()
    {
        _link.Heard(7, S(1));
        Assert.False(_link.Heard(6, S(1.5)));
        Assert.Equal((7, false), (_link.Term, _link.IsKnown(S(2))));
    }

    [Fact]
    public void A_term_that_went_back_is_believed_when_nobody_is_heard_any_more()
    {
        _link.Heard(7, S(1));
        Assert.True(_link.Heard(3, S(2)));
        Assert.Equal((3, true), (_link.Term, _link.IsKnown(S(2))));
    }

    [Fact]
    public void That_nobody_decides_is_told_after_a_while_and_again_at_an_interval()
    {
        Assert.Null(_link.Missed(S(100)));
        Assert.Null(_link.Missed(S(114.9)));
        Assert.Equal(S(15), _link.Missed(S(115)));
        Assert.Null(_link.Missed(S(174.9)));
        Assert.Equal(S(75), _link.Missed(S(175)));
    }

    [Fact]
    public void Somebody_who_decides_ends_that_and_is_worth_telling_also_in_the_same_term()
    {
        _link.Heard(7, S(1));
        Assert.Null(_link.Missed(S(1.9)));
        Assert.Null(_link.Missed(S(2)));
        Assert.Equal(S(15), _link.Missed(S(17)));
        Assert.True(_link.Heard(7, S(18)));
        Assert.False(_link.Heard(7, S(18.5)));
        Assert.Null(_link.Missed(S(20)));
        Assert.Null(_link.Missed(S(34.9)));
        Assert.Equal(S(15), _link.Missed(S(35)));
    }

    [Fact]
    public void A_takeover_is_not_told_as_trouble()
    {
        _link.Heard(7, S(1));
        _link.Missed(S(3));
        Assert.True(_link.Heard(8, S(10)));
        Assert.Null(_link.Missed(S(20)));
    }

    [Fact]
    public void One_that_says_it_does_not_decide_is_forgotten_at_once()
    {
        _link.Heard(7, S(1));
        _link.Lost();
        Assert.False(_link.IsKnown(S(1)));
    }
}
