namespace AkkaLb.Simulation.World;

/// <summary>All randomness of a run, from one seed: each component has its own source, so that one that draws more changes nothing for the
/// others.</summary>
internal sealed class Draws(long seed)
{
    public Random For(string component) => new((int)StableHash.Of(StableHash.Of(StableHash.Start, seed), component));
}

/// <summary>FNV-1a: the same in each process, unlike <see cref="string.GetHashCode()"/>.</summary>
internal static class StableHash
{
    public const ulong Start = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    public static ulong Of(ulong hash, long value)
    {
        var mixed = (hash ^ (ulong)value) * Prime;
        return mixed ^ (mixed >> 29);
    }

    public static ulong Of(ulong hash, string text)
    {
        foreach (var c in text)
        {
            hash = (hash ^ c) * Prime;
        }

        return hash;
    }
}

internal static class RandomExtensions
{
    public static bool Chance(this Random random, double probability) => random.NextDouble() < probability;

    public static TimeSpan Between(this Random random, TimeSpan from, TimeSpan to) => from + ((to - from) * random.NextDouble());

    public static TimeSpan Upto(this Random random, TimeSpan max) => max * random.NextDouble();

    public static T Of<T>(this Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
