using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace AkkaLb.Transport.Pipelines;

/// <summary>The frames of Akka.Remote's TCP transport: a length of four bytes, little-endian, and as many bytes of payload. Pure.</summary>
internal static class Frames
{
    public const int HeaderBytes = sizeof(int);

    /// <summary>Writes one frame.</summary>
    /// <param name="to">Has room for header and payload.</param>
    public static void Write(ReadOnlySpan<byte> payload, Span<byte> to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, payload.Length);
        payload.CopyTo(to[HeaderBytes..]);
    }

    /// <summary>How many bytes at the beginning are whole frames. What a header announces is judged before anything is allocated for it.</summary>
    /// <param name="payloadBytesMax">The longest payload that is allowed.</param>
    /// <exception cref="FrameException">The first header announces less than nothing, or more than is allowed. Whole frames before such a header
    /// are measured without it.</exception>
    public static int WholeBytes(in ReadOnlySequence<byte> buffer, int payloadBytesMax)
    {
        var reader = new SequenceReader<byte>(buffer);
        long whole = 0;
        while (reader.TryReadLittleEndian(out int length))
        {
            if (length < 0 || length > payloadBytesMax)
            {
                if (whole > 0)
                {
                    break;
                }

                throw new FrameException($"it announced a frame of {unchecked((uint)length)} bytes, and {payloadBytesMax} are allowed "
                    + "(maximum-frame-size), or it speaks something else");
            }

            if (reader.Remaining < length || whole + HeaderBytes + length > int.MaxValue)
            {
                break;
            }

            reader.Advance(length);
            whole = reader.Consumed;
        }

        return (int)whole;
    }

    /// <summary>Takes the next payload of whole frames; empty ones are passed over.</summary>
    /// <param name="frames">What <see cref="WholeBytes"/> measured; the payload points into it.</param>
    /// <returns>False: there is none left.</returns>
    public static bool TryTake(ref ReadOnlyMemory<byte> frames, out ByteString payload)
    {
        while (!frames.IsEmpty)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(frames.Span);
            var content = frames.Slice(HeaderBytes, length);
            frames = frames[(HeaderBytes + length)..];
            if (length > 0)
            {
                payload = UnsafeByteOperations.UnsafeWrap(content);
                return true;
            }
        }

        payload = ByteString.Empty;
        return false;
    }
}

/// <summary>What came is no frame. The connection ends: nobody knows where the next one would begin.</summary>
/// <param name="message">Continues "the connection ended:".</param>
internal sealed class FrameException(string message) : Exception(message);
