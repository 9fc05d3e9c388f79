namespace AkkaLb.Core.Tests;

public sealed class PeerNewsTests
{
    [Fact]
    public void A_peer_is_told_gone_once_and_back_once_until_it_is_lost_again()
    {
        var news = new PeerNews();

        Assert.False(news.IsBack("a"), "it was never gone");
        Assert.Equal([true, false, false], new[] { news.IsGone("a"), news.IsGone("a"), news.IsGone("a") });
        Assert.Equal([true, false], new[] { news.IsBack("a"), news.IsBack("a") });
        Assert.True(news.IsGone("a"));
    }

    [Fact]
    public void A_peer_that_is_of_no_interest_any_more_is_forgotten()
    {
        var news = new PeerNews();
        news.IsGone("a");
        news.IsGone("b");

        news.Keep(["b"]);

        Assert.False(news.IsBack("a"));
        Assert.True(news.IsBack("b"));
    }
}
