using System.Collections;
using System.Diagnostics;

namespace AkkaLb.BuiltInJobs;

/// <summary>Work for a processor.</summary>
internal static class Computations
{
    /// <summary>Keeps the calling thread busy for <paramref name="duration"/> of real time.</summary>
    /// <returns>How many rounds of a thousand steps were done.</returns>
    public static long Spin(TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        var state = 0x9E3779B97F4A7C15UL;
        var rounds = 0L;
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            // xorshift64 (Marsaglia 2003): each step needs the one before, so no processor skips ahead.
            for (var step = 0; step < 1000; step++)
            {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
            }

            // The state never becomes zero; asking keeps the compiler from dropping the loop.
            rounds += state == 0 ? 0 : 1;
        }

        return rounds;
    }

    /// <summary>How many primes are below <paramref name="below"/>: the sieve of Eratosthenes over odd numbers, a bit each.</summary>
    public static int PrimesBelow(int below)
    {
        if (below <= 2)
        {
            return 0;
        }

        // Bit i stands for 2i + 1; bit 0 stands for 1, which is no prime, and makes up for the 2, which has no bit.
        var composite = new BitArray(below / 2);
        for (var i = 1; (2L * i + 1) * (2L * i + 1) < below; i++)
        {
            if (composite[i])
            {
                continue;
            }

            var prime = 2 * i + 1;
            for (var j = (long)prime * prime / 2; j < composite.Length; j += prime)
            {
                composite[(int)j] = true;
            }
        }

        var count = 0;
        for (var i = 0; i < composite.Length; i++)
        {
            count += composite[i] ? 0 : 1;
        }

        return count;
    }
}
