using Xunit;

namespace AkkaLb.Tests.Support;

/// <summary>What holds for every serializer of ours: its bytes stay as they are, and other bytes do no harm.</summary>
public abstract class WireTests(TestSystem system, IReadOnlyList<WireSample> samples)
{
    private const int Seed = 4053;

    [Fact]
    public void No_two_messages_share_a_manifest()
    {
        var types = samples.GroupBy(s => s.Manifest).Select(g => g.Select(s => s.Message.GetType()).Distinct().Count());

        Assert.All(types, count => Assert.Equal(1, count));
    }

    [Fact]
    public void Every_message_goes_through_the_systems_own_serialization_and_back() => Assert.All(samples, s =>
    {
        var (id, manifest, bytes) = system.Write(s.Message);

        Assert.Equal((system.SerializerId, s.Manifest), (id, manifest));
        Assert.Equal(Shown.Of(s.Message), Shown.Of(system.Read(bytes, id, manifest)));
    });

    [Fact]
    public void Written_bytes_are_the_golden_bytes() => Assert.All(samples, s =>
        Assert.Equal($"{s.Manifest} {s.Hex}", $"{s.Manifest} {Convert.ToHexString(system.Write(s.Message).Bytes)}"));

    [Fact]
    public void Golden_bytes_are_read_as_the_message() => Assert.All(samples, s =>
        Assert.Equal(Shown.Of(s.Message), Shown.Of(system.Read(s.Golden, s.Manifest))));

    [Fact]
    public void Fields_of_a_later_version_are_skipped() => Assert.All(samples, s =>
    {
        // Field 1000 as varint 5, field 1001 as the string "later", field 1002 as a fixed64.
        byte[] later = [0xC0, 0x3E, 5, 0xCA, 0x3E, 5, .. "later"u8, 0xD1, 0x3E, 1, 2, 3, 4, 5, 6, 7, 8];

        Assert.Equal(Shown.Of(s.Message), Shown.Of(system.Read([.. s.Golden, .. later], s.Manifest)));
        Assert.Equal(Shown.Of(s.Message), Shown.Of(system.Read([.. later, .. s.Golden], s.Manifest)));
    });

    [Fact]
    public void Bytes_cut_at_any_length_are_read_or_refused_and_never_crash() => Assert.All(samples, s =>
    {
        for (var length = 0; length < s.Golden.Length; length++)
        {
            system.ReadsOrRefuses(s.Golden[..length], s.Manifest, $"cut at {length}");
        }
    });

    [Fact]
    public void Random_bytes_are_read_or_refused_and_never_crash()
    {
        var random = new Random(Seed);
        foreach (var manifest in samples.Select(s => s.Manifest).Distinct())
        {
            for (var i = 0; i < 2_000; i++)
            {
                var bytes = new byte[random.Next(64)];
                random.NextBytes(bytes);
                system.ReadsOrRefuses(bytes, manifest, $"seed {Seed} random bytes {i}");
            }
        }
    }

    [Fact]
    public void Golden_bytes_with_flipped_bits_and_spliced_parts_are_read_or_refused_and_never_crash()
    {
        var random = new Random(Seed);
        foreach (var sample in samples)
        {
            for (var i = 0; i < 2_000; i++)
            {
                system.ReadsOrRefuses(
                    Damaged(sample.Golden, samples[random.Next(samples.Count)].Golden, random), sample.Manifest, $"seed {Seed} damage {i}");
            }
        }
    }

    [Fact]
    public void Any_manifest_may_meet_the_bytes_of_any_other_message()
    {
        foreach (var (a, b) in samples.SelectMany(a => samples.Select(b => (a, b))))
        {
            system.ReadsOrRefuses(a.Golden, b.Manifest, $"bytes of {a.Manifest}");
        }
    }

    private static byte[] Damaged(byte[] golden, byte[] other, Random random)
    {
        var bytes = golden.ToArray();
        for (var flips = random.Next(1, 4); flips > 0 && bytes.Length > 0; flips--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return random.Next(4) == 0 ? [.. bytes[..random.Next(bytes.Length + 1)], .. other[random.Next(other.Length + 1)..]] : bytes;
    }
}

/// <summary>A message with the bytes it has on the wire.</summary>
public sealed record WireSample(object Message, string Manifest, string Hex)
{
    public byte[] Golden => Convert.FromHexString(Hex);
}
