using System.Runtime.Serialization;
using System.Text;
using AkkaLb.BuiltInJobs.Words;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Tests.Support;
using Google.Protobuf;

namespace AkkaLb.BuiltInJobs.Tests;

/// <summary>A system that knows the built-in jobs.</summary>
public sealed class BuiltInSystem() : TestSystem(BuiltInSerializer.Binding, 4055);

public sealed class GoldenBytesTests(BuiltInSystem system) : WireTests(system, BuiltInSerializerTests.Samples), IClassFixture<BuiltInSystem>;

public sealed class BuiltInSerializerTests(BuiltInSystem system) : IClassFixture<BuiltInSystem>
{
    /// <summary>One of every message, with the bytes it has on the wire. Bytes are added, never changed.</summary>
    public static IReadOnlyList<WireSample> Samples { get; } =
    [
        new(new WordsJob(Encoding.UTF8.GetBytes("two words"), TimeSpan.FromMilliseconds(40)), "w",
            "0A0974776F20776F7264731028"),
        new(new WordsResult(new WordSummary(2, true, true, false)), "wd",
            "080210011801"),
        new(new SpinJob(TimeSpan.FromMilliseconds(5)), "spin",
            "0805"),
        new(new PrimesJob(100_000), "primes",
            "08A08D06"),
        new(new SleepJob(TimeSpan.FromMilliseconds(5)), "sleep",
            "0805"),
        new(new HoldJob(16, TimeSpan.FromMilliseconds(5)), "hold",
            "08101005"),
        new(new NumberResult(-3), "n",
            "08FDFFFFFFFFFFFFFFFF01"),
    ];

    private static readonly (string Manifest, IMessage Wire)[] OutOfRange =
    [
        ("wd", new Wire.WordsResult { Words = ulong.MaxValue }),
        ("primes", new Wire.PrimesJob { Below = uint.MaxValue }),
        ("hold", new Wire.HoldJob { Mebibytes = uint.MaxValue }),
    ];

    private static readonly IBuiltInMessage[] Unsendable =
        [new PrimesJob(-1), new HoldJob(-1, TimeSpan.Zero), new WordsResult(new WordSummary(-1, false, false, false))];

    [Fact]
    public void Every_built_in_job_and_answer_is_among_the_samples()
    {
        var messages = typeof(IBuiltInMessage).Assembly.GetTypes().Where(t => t.IsAssignableTo(typeof(IBuiltInMessage)) && !t.IsInterface);

        Assert.Equal(messages.Select(t => t.Name).Order(), Samples.Select(s => s.Message.GetType().Name).Order());
    }

    [Fact]
    public void A_field_out_of_range_is_refused() => Assert.All(OutOfRange, x =>
        Assert.Throws<SerializationException>(() => system.Read(x.Wire.ToByteArray(), x.Manifest)));

    [Fact]
    public void What_no_receiver_would_accept_is_refused_at_the_sender() => Assert.All(Unsendable, message =>
        Assert.Contains(
            message.GetType().Name, Assert.Throws<SerializationException>(() => system.Write(message)).Message, StringComparison.Ordinal));

    [Theory]
    [InlineData("")]
    [InlineData("W")]
    [InlineData("spin ")]
    [InlineData("A")]
    [InlineData("AkkaLb.BuiltInJobs.SpinJob, AkkaLb.BuiltInJobs")]
    [InlineData("System.Diagnostics.Process, System.Diagnostics.Process")]
    public void An_unknown_manifest_is_refused(string manifest) => Assert.Throws<UnknownMessageException>(() => system.Read([], manifest));

    [Fact]
    public void What_is_no_built_in_job_is_refused_by_name()
    {
        var serializer = new BuiltInSerializer(system.System);

        foreach (var other in new object[] { new KeepAlive(1), "text" })
        {
            Assert.Equal(
                $"{other.GetType()} is no message of BuiltInSerializer",
                Assert.Throws<SerializationException>(() => serializer.ToBinary(other)).Message);
        }
    }

    [Fact]
    public void Durations_beyond_the_field_are_cut_and_not_wrapped_around()
    {
        var (id, manifest, bytes) = system.Write(new SpinJob(TimeSpan.MaxValue));

        Assert.Equal(new SpinJob(TimeSpan.FromMilliseconds(uint.MaxValue)), system.Read(bytes, id, manifest));
    }

    [Fact]
    public void The_largest_chunk_fits_a_frame() => Assert.InRange(
        Payloads.Wrap(
            system.System, new WordsJob(new byte[ChunkSplitter.BoundBytesMax], BuiltInWorker.WaitMax),
            Payloads.DataBytesMax(Payloads.FrameBytesMax(system.System))).Data.Length,
        ChunkSplitter.BoundBytesMax,
        ChunkSplitter.BoundBytesMax + 100);
}
