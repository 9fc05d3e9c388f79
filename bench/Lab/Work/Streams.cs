namespace AkkaLb.Bench.Lab.Work;

/// <summary>Randomness by name: each part of the world draws from a source of its own, so that one part's draws change nothing for the others, and
/// every policy meets the same jobs.</summary>
internal sealed class Streams(long seed)
{
    /// <summary>The source of this name; the same seed and name give the same numbers on every machine.</summary>
    public Random Of(string name, int number = 0)
    {
        var hash = Mix(unchecked((ulong)seed) + 0x9E3779B97F4A7C15);
        foreach (var c in name)
        {
            hash = Mix(hash ^ c);
        }

        return new Random((int)(Mix(hash ^ (ulong)number) >> 33));
    }

    /// <summary>The finalizer of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).</summary>
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
