using System.Globalization;

namespace AkkaLb.Core.Tests;

/// <summary>Runs a check with many seeds; a failure names the seed, which alone repeats it.</summary>
internal static class Seeded
{
    public static void Runs(int count, Action<Random> check)
    {
        for (var seed = 0; seed < count; seed++)
        {
            try
            {
                check(new Random(seed));
            }
            catch (Exception e)
            {
                throw new SeedFailedException(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {e.Message}"), e);
            }
        }
    }

    public static T Of<T>(this Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    public static bool Chance(this Random random, double probability) => random.NextDouble() < probability;

    private sealed class SeedFailedException(string message, Exception cause) : Exception(message, cause);
}

/// <summary>Always the middle of the range: jitter that a script can reckon with.</summary>
internal sealed class MiddlingRandom : Random
{
    public override double NextDouble() => 0.5;
}
