
namespace AkkaLb.Etcd.Tests;

public sealed class WatchPositionTests
{
    private const ulong Cluster = 7;

    [Fact]
    public void Before_the_first_snapshot_there_is_nothing_to_continue_from() =>
        Assert.NotNull(new WatchPosition().WhyStale(Cluster, revision: 1, toldThen: null));

    [Theory]
    [InlineData(50)]
    [InlineData(51)]
    public void A_cluster_that_is_as_far_or_further_can_be_followed(long revision) =>
        Assert.Null(At(50).WhyStale(Cluster, revision, toldThen: 50));

    [Fact]
    public void A_cluster_that_came_back_older_cannot_be_followed() =>
        Assert.Contains("came back older", At(50).WhyStale(Cluster, revision: 49, toldThen: 50), StringComparison.Ordinal);

    [Fact]
    public void Another_cluster_cannot_be_followed() =>
        Assert.Contains("another cluster", At(50).WhyStale(8, revision: 1000, toldThen: 50), StringComparison.Ordinal);

    [Fact]
    public void An_answer_is_judged_by_what_was_told_when_it_was_asked_for()
    {
        var position = At(50);
        position.Advance(60);
        Assert.Null(position.WhyStale(Cluster, revision: 55, toldThen: 50));
    }

    [Fact]
    public void Events_at_or_below_the_position_are_not_new()
    {
        var position = At(50);
        Assert.False(position.IsNew(50));
        Assert.True(position.IsNew(51));
        position.Advance(51);
        Assert.False(position.IsNew(51));
    }

    [Fact]
    public void A_forgotten_position_needs_a_snapshot()
    {
        var position = At(50);
        position.Forget();
        Assert.NotNull(position.WhyStale(Cluster, revision: 50, toldThen: 50));
        Assert.False(position.IsNew(51));
    }

    private static WatchPosition At(long revision)
    {
        var position = new WatchPosition();
        position.Set(Cluster, revision);
        return position;
    }
}
