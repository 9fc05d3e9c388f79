using System.Runtime.Serialization;
using AkkaLb.Core;
using AkkaLb.Tests.Support;
using Google.Protobuf;

namespace AkkaLb.Messages.Tests;

/// <summary>The messages that are written and read field by field, beside the generated code.</summary>
[Collection(nameof(TestSystem))]
public sealed class WireFieldTests(TestSystem system)
{
    private const int MutationsOfEach = 1000;

    private static readonly Dictionary<string, MessageParser> Generated = new()
    {
        ["A"] = Wire.Assign.Parser, ["AD"] = Wire.Assigned.Parser, ["F"] = Wire.Finished.Parser, ["J"] = Wire.Job.Parser,
        ["JD"] = Wire.JobDone.Parser, ["B"] = Wire.Batch.Parser,
    };

    /// <summary>Fields that the protocol does not have: a number of each size, bytes, a group with a group in it.</summary>
    private static readonly byte[][] Strangers =
    [
        [0xf8, 0x07, 0x05], [0xfd, 0x07, 1, 2, 3, 4], [0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8], [0xfa, 0x07, 0x02, 9, 9],
        [0xfb, 0x07, 0x0b, 0x08, 0x05, 0x0c, 0xfc, 0x07], [0xfb, 0x07, 0xfc, 0x07],
        // And fields that it has, as another type; numbers of more bytes than they need.
        [0x0d, 1, 2, 3, 4], [0x0a, 0x00], [0x10, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], [0x10, 0x82, 0x00], [0x30, 0x00],
    ];

    public static TheoryData<string> Manifests => new(Generated.Keys);

    [Theory]
    [MemberData(nameof(Manifests))]
    public void They_are_written_as_the_generated_code_writes_them(string manifest) => Assert.All(Bytes(manifest), bytes =>
        Assert.Equal(
            Convert.ToHexString(Generated[manifest].WithDiscardUnknownFields(true).ParseFrom(bytes).ToByteArray()), Convert.ToHexString(bytes)));

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Whatever_the_bytes_are_they_are_read_as_the_generated_code_reads_them(string manifest)
    {
        var random = new Random(1);
        var samples = Bytes(manifest);
        foreach (var sample in samples)
        {
            foreach (var stranger in Strangers)
            {
                AssertSame(manifest, [.. sample, .. stranger]);
                AssertSame(manifest, [.. stranger, .. sample]);
            }

            for (var i = 0; i < MutationsOfEach; i++)
            {
                AssertSame(manifest, Mutated(sample, samples, random));
            }
        }
    }

    [Fact]
    public void A_text_that_is_half_a_character_is_written_as_the_generated_code_writes_it() => Assert.Equal(
        Convert.ToHexString(new Wire.Assign { Count = 1, Key = "a\ud800b" }.ToByteArray()),
        Convert.ToHexString(system.Write(new Assign(0, 1, [], "a\ud800b", TimeSpan.Zero)).Bytes));

    [Fact]
    public void Groups_within_groups_without_an_end_are_refused() => Assert.All(new[] { 50, 150, 20_000 }, depth =>
        Assert.Throws<SerializationException>(() => system.Read([.. Enumerable.Repeat((byte)0x0b, depth)], "J")));

    [Fact]
    public void A_message_that_is_larger_than_the_buffer_a_thread_keeps_is_written_whole_and_so_is_the_next_one() =>
        Assert.All(new[] { 100_000, 10, 127, 128, 16_383, 16_384, 300_000 }, size =>
        {
            var data = new byte[size];
            new Random(size).NextBytes(data);
            var job = new Job(default, 1, default, true, new Payload(-7, new string('ü', 70), data));

            var read = (Job)system.Read(system.Write(job).Bytes, "J");

            Assert.Equal((-7, job.Message.Manifest), (read.Message.SerializerId, read.Message.Manifest));
            Assert.True(data.AsSpan().SequenceEqual(read.Message.Data.Span));
        });

    [Fact]
    public void A_large_payload_is_copied_once_into_the_buffer_and_once_out_of_it()
    {
        var row = WireRow.Of<Job>("J", WireJobs.Write, from => WireJobs.ReadJob(from, new WireCache()));
        var job = new Job(default, 1, default, true, new Payload(1, "m", new byte[100_000]));
        row.Write(job);

        var before = GC.GetAllocatedBytesForCurrentThread();
        row.Write(job);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 200_000, 210_000);
    }

    [Fact]
    public void After_a_message_that_cannot_be_written_the_next_one_is_whole()
    {
        Assert.Throws<SerializationException>(() => system.Write(new Job(default, 0, default, true, new Payload(1, "m", new byte[10]))));
        Assert.Throws<SerializationException>(() => system.Write(new Job(default, 1, default, true, new Payload(1, null!, default))));
        Assert.Equal("1001", Convert.ToHexString(system.Write(new Assign(0, 1, [], null, TimeSpan.Zero)).Bytes));
    }

    [Fact]
    public async Task Threads_that_write_and_read_at_once_do_not_meet() => await Task.WhenAll(Enumerable.Range(1, 4).Select(thread => Task.Run(() =>
    {
        for (var i = 0; i < 2000; i++)
        {
            var gate = Samples.GatePath[..(Samples.GatePath.IndexOf('#') + 1)] + (i + 1);
            var written = new Assigned(thread, [new AssignedWorker(new WorkerKey($"w{thread}", i), gate)], $"policy-{i % 300}");

            var read = (Assigned)system.Read(system.Write(written).Bytes, "AD");

            Assert.Equal((thread, written.Workers[0], written.Policy), (read.RequestId, read.Workers[0], read.Policy));
        }
    })));

    private static byte[] Mutated(byte[] sample, List<byte[]> samples, Random random)
    {
        var bytes = sample.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 4)));
                    break;
                case 3:
                    bytes.InsertRange(at, Strangers[random.Next(Strangers.Length)]);
                    break;
                case 4:
                    // Messages behind one another are one, in which the last one wins and messages within are merged.
                    bytes.AddRange(samples[random.Next(samples.Count)]);
                    break;
                default:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
            }
        }

        return [.. bytes];
    }

    private List<byte[]> Bytes(string manifest) =>
        [.. Samples.All(system).Where(s => s.Manifest == manifest).Select(s => system.Write(s.Message).Bytes)];

    /// <summary>What the generated code reads, and writes again without what it does not know, must mean the same.</summary>
    private void AssertSame(string manifest, byte[] bytes)
    {
        var expected = "refused";
        try
        {
            var parser = Generated[manifest].WithDiscardUnknownFields(true);
            expected = Outcome(manifest, parser.ParseFrom(bytes).ToByteArray());
        }
        catch (InvalidProtocolBufferException)
        {
        }

        // A batch is not refused for a manifest that is no text: its other messages are there.
        var outcome = Outcome(manifest, bytes);
        Assert.True(
            expected == outcome || (manifest == "B" && expected == "refused"), $"{manifest} {Convert.ToHexString(bytes)}: {expected}, not {outcome}");
    }

    private string Outcome(string manifest, byte[] bytes)
    {
        try
        {
            var read = system.Read(bytes, manifest);
            return read is Batch batch
                ? $"{batch.Unreadable} {string.Join(' ', batch.Messages.Select(m => Convert.ToHexString(system.Write(m).Bytes)))}"
                : Convert.ToHexString(system.Write((IAkkaLbMessage)read).Bytes);
        }
        catch (SerializationException)
        {
            return "refused";
        }
    }
}
