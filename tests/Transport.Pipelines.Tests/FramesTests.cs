using System.Buffers;
using System.Buffers.Binary;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>What bytes are as frames, without a socket.</summary>
public sealed class FramesTests
{
    private const int PayloadBytesMax = 1000;

    [Fact]
    public void Frames_come_out_as_they_went_in_wherever_the_bytes_are_split_in_two()
    {
        var (payloads, bytes) = Many(new Random(1), 40);
        for (var split = 0; split <= bytes.Length; split++)
        {
            var sequence = Segmented(bytes, split, bytes.Length - split);
            Assert.Equal(payloads, Read(sequence, out var rest));
            Assert.Equal(0, rest.Length);
        }
    }

    [Fact]
    public void Frames_come_out_as_they_went_in_where_each_byte_is_a_segment()
    {
        var (payloads, bytes) = Many(new Random(2), 40);

        Assert.Equal(payloads, Read(Segmented(bytes, [.. Enumerable.Repeat(1, bytes.Length)]), out var rest));
        Assert.Equal(0, rest.Length);
    }

    /// <summary>As they come from a socket: what is not whole yet stays until more is there.</summary>
    [Fact]
    public void Frames_come_out_one_after_the_other_while_the_bytes_come_one_by_one()
    {
        var (payloads, bytes) = Many(new Random(3), 20);

        Assert.Equal(payloads, ReadInPortions(bytes, [.. Enumerable.Repeat(1, bytes.Length)], out _));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(LongestAllowed + 1)]
    public void Length_that_is_not_allowed_is_refused_before_anything_is_allocated_for_it(int length)
    {
        var header = new ReadOnlySequence<byte>(RawPeer.Header(length));
        Refuse(header);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Refuse(header);

        // An exception and its text take a few thousand bytes, the payload would take 100 million and more.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);

        static void Refuse(ReadOnlySequence<byte> header) =>
            Assert.Throws<FrameException>(() => Frames.WholeBytes(header, LongestAllowed));
    }

    private const int LongestAllowed = 100_000_000;

    [Fact]
    public void Longest_frame_that_is_allowed_is_read_and_its_header_alone_is_waited_with()
    {
        var frame = RawPeer.Frame(new byte[PayloadBytesMax]);

        Assert.Equal(frame.Length, Frames.WholeBytes(new ReadOnlySequence<byte>(frame), PayloadBytesMax));
        Assert.Equal(0, Frames.WholeBytes(new ReadOnlySequence<byte>(frame, 0, frame.Length - 1), PayloadBytesMax));
        Assert.Equal(0, Frames.WholeBytes(new ReadOnlySequence<byte>(frame, 0, Frames.HeaderBytes), PayloadBytesMax));
        Assert.Equal(0, Frames.WholeBytes(new ReadOnlySequence<byte>(frame, 0, Frames.HeaderBytes - 1), PayloadBytesMax));
    }

    [Fact]
    public void Empty_frames_are_passed_over()
    {
        byte[] bytes = [.. RawPeer.Frame(), .. RawPeer.Frame(1), .. RawPeer.Frame(), .. RawPeer.Frame(), .. RawPeer.Frame(2), .. RawPeer.Frame()];

        Assert.Equal([[1], [2]], Read(new ReadOnlySequence<byte>(bytes), out var rest));
        Assert.Equal(0, rest.Length);
    }

    /// <summary>They were sent before the other side went astray.</summary>
    [Fact]
    public void Whole_frames_before_a_length_that_is_not_allowed_are_read()
    {
        byte[] bytes = [.. RawPeer.Frame(1), .. RawPeer.Frame(2), .. RawPeer.Header(-1)];

        Assert.Equal([[1], [2]], ReadInPortions(bytes, [bytes.Length], out var isRefused));
        Assert.True(isRefused);
    }

    [Fact]
    public void Refusal_says_what_came_and_what_is_allowed()
    {
        var refused = Assert.Throws<FrameException>(() => Frames.WholeBytes(new ReadOnlySequence<byte>("GET /"u8.ToArray()), PayloadBytesMax));

        Assert.Equal(
            "it announced a frame of 542393671 bytes, and 1000 are allowed (maximum-frame-size), or it speaks something else", refused.Message);
    }

    /// <summary>Random bytes, frames, and frames of which some bytes are others, in random portions and segments.</summary>
    [Fact]
    public void Whatever_comes_is_read_as_the_plainest_reader_reads_it()
    {
        for (var seed = 0; seed < 5000; seed++)
        {
            var random = new Random(seed);
            var bytes = random.Next(3) == 0 ? Noise(random, random.Next(200)) : Many(random, random.Next(1, 12)).Bytes;
            for (var mutations = random.Next(3); bytes.Length > 0 && mutations > 0; mutations--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var (expected, isExpectedRefused) = Plainly(bytes);
            try
            {
                var read = ReadInPortions(bytes, Portions(random, bytes.Length), out var isRefused);
                Assert.Equal(expected, read);
                Assert.Equal(isExpectedRefused, isRefused);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
        }
    }

    /// <summary>One array, one position.</summary>
    private static (List<byte[]> Payloads, bool IsRefused) Plainly(byte[] bytes)
    {
        var payloads = new List<byte[]>();
        var position = 0;
        while (bytes.Length - position >= Frames.HeaderBytes)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(position));
            if (length is < 0 or > PayloadBytesMax)
            {
                return (payloads, true);
            }

            if (bytes.Length - position - Frames.HeaderBytes < length)
            {
                break;
            }

            if (length > 0)
            {
                payloads.Add(bytes[(position + Frames.HeaderBytes)..(position + Frames.HeaderBytes + length)]);
            }

            position += Frames.HeaderBytes + length;
        }

        return (payloads, false);
    }

    /// <summary>As a connection reads: each portion is added to what is left, then all whole frames are taken.</summary>
    private static List<byte[]> ReadInPortions(byte[] bytes, int[] portions, out bool isRefused)
    {
        var payloads = new List<byte[]>();
        var (start, end) = (0, 0);
        isRefused = false;
        foreach (var portion in portions)
        {
            end += portion;
            // What is left from before is a segment or several of its own.
            var left = Segmented(bytes[start..end], [.. Halves(end - start - portion), portion]);
            try
            {
                Read(left, out var rest, payloads);
                start = end - (int)rest.Length;
            }
            catch (FrameException)
            {
                isRefused = true;
                return payloads;
            }
        }

        return payloads;

        static int[] Halves(int count) => [count / 2, count - (count / 2)];
    }

    private static List<byte[]> Read(ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> rest, List<byte[]>? into = null)
    {
        var payloads = into ?? [];
        while (Frames.WholeBytes(buffer, PayloadBytesMax) is var whole and > 0)
        {
            ReadOnlyMemory<byte> frames = buffer.Slice(0, whole).ToArray();
            buffer = buffer.Slice(whole);
            while (Frames.TryTake(ref frames, out var payload))
            {
                payloads.Add(payload.ToByteArray());
            }
        }

        rest = buffer;
        return payloads;
    }

    private static (List<byte[]> Payloads, byte[] Bytes) Many(Random random, int count)
    {
        var payloads = new List<byte[]>();
        var bytes = new List<byte>();
        for (var i = 0; i < count; i++)
        {
            var payload = Noise(random, random.Next(4) == 0 ? random.Next(3) : random.Next(60));
            var frame = new byte[Frames.HeaderBytes + payload.Length];
            Frames.Write(payload, frame);
            bytes.AddRange(frame);
            if (payload.Length > 0)
            {
                payloads.Add(payload);
            }
        }

        return (payloads, [.. bytes]);
    }

    private static byte[] Noise(Random random, int count)
    {
        var noise = new byte[count];
        random.NextBytes(noise);
        return noise;
    }

    private static int[] Portions(Random random, int count)
    {
        var portions = new List<int>();
        while (count > 0)
        {
            portions.Add(random.Next(1, Math.Min(count, random.Next(4) == 0 ? 200 : 12) + 1));
            count -= portions[^1];
        }

        return [.. portions];
    }

    /// <summary>The same bytes in segments of these lengths; none is in the same array as another.</summary>
    private static ReadOnlySequence<byte> Segmented(byte[] bytes, params int[] lengths)
    {
        var first = new Segment([], null);
        var (last, at) = (first, 0);
        foreach (var length in lengths)
        {
            last = new Segment(bytes[at..(at + length)], last);
            at += length;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? after)
        {
            Memory = bytes;
            if (after is not null)
            {
                RunningIndex = after.RunningIndex + after.Memory.Length;
                after.Next = this;
            }
        }
    }
}
