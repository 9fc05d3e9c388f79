using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AkkaLb.Registry.Embedded;

/// <summary>Ids of leases. Anybody who knows one can renew, change and end the registration under it, so they are drawn as keys are, and not by a
/// <see cref="Random"/>, whose next numbers can be computed from some that it gave.</summary>
internal static class LeaseIds
{
    /// <summary>A positive number. Thread-safe.</summary>
    public static long Draw()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(bytes);
        return Math.Max(1, BinaryPrimitives.ReadInt64LittleEndian(bytes) & long.MaxValue);
    }
}
