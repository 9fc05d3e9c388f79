using AkkaLb.Bench.Lab.Deciding;

namespace AkkaLb.Bench.Lab.Validation;

/// <summary>Balls into bins: as many balls as bins, each into the least full of some drawn at random, with replacement.</summary>
internal static class Bins
{
    /// <returns>How many balls each bin has.</returns>
    public static int[] Throw(int bins, int choices, Random random)
    {
        var balls = new int[bins];
        for (var ball = 0; ball < bins; ball++)
        {
            var choice = new LeastOf(random);
            for (var i = 0; i < choices; i++)
            {
                var bin = random.Next(bins);
                choice.Offer(bin, balls[bin]);
            }

            balls[choice.Worker]++;
        }

        return balls;
    }
}
