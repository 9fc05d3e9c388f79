namespace AkkaLb.Bench.Lab.Validation;

/// <summary>What queueing theory says, in mean service times. Load is the utilisation, below 1.</summary>
internal static class Theory
{
    /// <summary>Mean response time of M/M/1, first come first served or shared: 1 / (1 - load).</summary>
    public static double SingleQueueMean(double load) => 1 / (1 - load);

    /// <summary>M/M/1, first come first served: the response time is exponential with the mean above.</summary>
    public static double SingleQueueQuantile(double load, double share) => -Math.Log(1 - share) * SingleQueueMean(load);

    /// <summary>Mean response time of M/M/k, by the Erlang C formula; B, the chance that a system without a queue is full, by its
    /// recursion.</summary>
    public static double ManyServersMean(double load, int servers)
    {
        var offered = load * servers;
        var blocked = 1.0;
        for (var k = 1; k <= servers; k++)
        {
            blocked = offered * blocked / (k + (offered * blocked));
        }

        var waits = blocked / (1 - (load * (1 - blocked)));
        return 1 + (waits / (servers * (1 - load)));
    }

    /// <summary>Mean response time where each job looks at <paramref name="choices"/> of very many queues and joins the shortest: the sum over i
    /// from 1 of load^((d^i - d) / (d - 1)).</summary>
    /// <remarks>Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12(10), 2001; Vvedenskaya, Dobrushin,
    /// Karpelevich 1996.</remarks>
    /// <param name="choices">At least 2.</param>
    public static double SupermarketMean(double load, int choices)
    {
        var sum = 0.0;
        for (double exponent = 0, step = choices; Math.Pow(load, exponent) > 1e-12; exponent += step, step *= choices)
        {
            sum += Math.Pow(load, exponent);
        }

        return sum;
    }

    /// <summary>Shares of n bins with at least 1, 2, ... balls when n balls have been thrown, each into the least full of so many bins drawn at
    /// random, for large n.</summary>
    /// <remarks>The solution at time 1 of ds_i/dt = s_(i-1)^d - s_i^d, s_0 = 1 (Mitzenmacher, "Studying balanced allocations with differential
    /// equations", Combinatorics, Probability and Computing 8, 1999), by Heun's method.</remarks>
    public static double[] BinShares(int choices)
    {
        const int Steps = 2_000;
        const double Step = 1.0 / Steps;
        var shares = new double[20];
        for (var step = 0; step < Steps; step++)
        {
            var slopes = Slopes(shares, choices);
            var ahead = Slopes([.. shares.Zip(slopes, (s, slope) => s + (Step * slope))], choices);
            for (var i = 0; i < shares.Length; i++)
            {
                shares[i] += Step * (slopes[i] + ahead[i]) / 2;
            }
        }

        return shares;
    }

    /// <summary>The mean of the fullest bin's balls: the sum over i of the chance that any of n bins has at least i, each by itself.</summary>
    public static double FullestBin(int bins, int choices) => BinShares(choices).Sum(share => 1 - Math.Exp(-bins * share));

    private static double[] Slopes(double[] shares, int choices) =>
        [.. shares.Select((share, i) => Math.Pow(i == 0 ? 1 : shares[i - 1], choices) - Math.Pow(share, choices))];
}
