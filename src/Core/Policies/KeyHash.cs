using System.Buffers;
using System.IO.Hashing;
using System.Text;

namespace AkkaLb.Core.Policies;

/// <summary>Hashes of keys and of workers' ids: the same in every process, so that balancers agree with each other and with those before
/// them.</summary>
internal static class KeyHash
{
    private const int StackBytes = 256;
    private const int BytesOfCharacter = 3;

    /// <summary>XXH3 of the text in UTF-8.</summary>
    public static ulong Of(string text)
    {
        var bytesMax = text.Length * BytesOfCharacter;
        if (bytesMax <= StackBytes)
        {
            Span<byte> few = stackalloc byte[StackBytes];
            return Of(text, few);
        }

        var many = ArrayPool<byte>.Shared.Rent(bytesMax);
        var hash = Of(text, many);
        ArrayPool<byte>.Shared.Return(many);
        return hash;
    }

    /// <summary>Another number that looks drawn, from one that does: the next one of the sequence that begins there.</summary>
    /// <remarks>SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).</remarks>
    public static ulong Next(ulong hash)
    {
        hash += 0x9E3779B97F4A7C15;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        return hash ^ (hash >> 31);
    }

    /// <summary>A place from zero to below the size, by the upper half of a hash.</summary>
    public static int Place(ulong hash, int size) => (int)(((hash >> 32) * (ulong)size) >> 32);

    private static ulong Of(string text, Span<byte> bytes) => XxHash3.HashToUInt64(bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
}
