using AkkaLb.Bench.Lab.Validation;

namespace AkkaLb.Lab.Tests;

public class TheoryTests
{
    [Fact]
    public void One_server_of_many_is_the_single_queue() =>
        Assert.Equal(Theory.SingleQueueMean(0.8), Theory.ManyServersMean(0.8, 1), 12);

    [Fact]
    public void Four_servers_at_80_per_cent_take_1_7455() => Assert.Equal(1.7455, Theory.ManyServersMean(0.8, 4), 4);

    [Theory]
    [InlineData(0.9, 2.6141)]
    [InlineData(0.95, 3.3830)]
    [InlineData(0.99, 5.4320)]
    public void Two_choices_take_what_was_published(double load, double mean) => Assert.Equal(mean, Theory.SupermarketMean(load, 2), 4);

    [Fact]
    public void With_two_choices_the_share_of_bins_with_a_ball_is_the_hyperbolic_tangent_of_one() =>
        Assert.Equal(Math.Tanh(1), Theory.BinShares(2)[0], 6);

    [Fact]
    public void With_one_choice_balls_in_a_bin_are_Poisson() => Assert.Equal(1 - (2 / Math.E), Theory.BinShares(1)[1], 6);
}
