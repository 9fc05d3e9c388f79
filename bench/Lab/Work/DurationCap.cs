namespace AkkaLb.Bench.Lab.Work;

/// <summary>Where to cut the largest of some durations.</summary>
internal static class DurationCap
{
    /// <summary>The weight at which to cut, so that no duration is more than <paramref name="longest"/> times their mean as it is after the
    /// cut.</summary>
    /// <remarks>With the k largest of n weights cut to c, the mean is (rest + k c) / n, and c is longest times it: c = longest * rest / (n - longest
    /// * k). The right k is the first at which no weight that is left is above c.</remarks>
    /// <param name="weights">Not all of them 0.</param>
    /// <param name="longest">In means; 1 or less cuts all to the smallest.</param>
    /// <returns>Null: none is too long.</returns>
    public static double? Of(double[] weights, double longest)
    {
        var falling = weights.OrderDescending().ToArray();
        var rest = falling.Sum();
        if (falling[0] <= longest * rest / falling.Length)
        {
            return null;
        }

        for (var cut = 1; cut < falling.Length; cut++)
        {
            rest -= falling[cut - 1];
            var room = falling.Length - (longest * cut);
            if (room <= 0 || rest <= 0)
            {
                break;
            }

            var cap = longest * rest / room;
            if (falling[cut] <= cap)
            {
                return cap;
            }
        }

        return falling.Last(weight => weight > 0);
    }
}
