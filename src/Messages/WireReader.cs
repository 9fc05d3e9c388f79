using System.Text;
using Google.Protobuf;

namespace AkkaLb.Messages;

/// <summary>Reads the fields of a protobuf message from its bytes, one after another, and allocates nothing. It takes and refuses what the generated
/// code takes and refuses, but for the depth of groups: here it is counted in each message.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    // The types of fields that the protocol has. A tag is eight times the field's number, plus its type.
    public const int Varint = (int)WireFormat.WireType.Varint;
    public const int Fixed64 = (int)WireFormat.WireType.Fixed64;
    public const int Delimited = (int)WireFormat.WireType.LengthDelimited;

    /// <summary>Deepest nesting of groups that is skipped. The protocol has no groups.</summary>
    private const int GroupDepthMax = 100;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    public int Tag { get; private set; }

    /// <summary>Of a field that is a number.</summary>
    public ulong Number { get; private set; }

    /// <summary>Of a field that is a text, bytes or a message.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public readonly bool Bool => Number != 0;

    /// <exception cref="DecoderFallbackException">The bytes are not UTF-8.</exception>
    public readonly string Text => TextOf(Bytes);

    public readonly WireReader Message => new(Bytes);

    /// <exception cref="DecoderFallbackException">The bytes are not UTF-8.</exception>
    public static string TextOf(ReadOnlySpan<byte> utf8) => Utf8.GetString(utf8);

    /// <summary>False: there are no more.</summary>
    /// <exception cref="FormatException">They are not fields.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        Tag = TakeTag();
        Take(Tag, groupDepth: 0);
        return true;
    }

    /// <summary>Takes the next number, where this reader is the <see cref="Message"/> of a field of packed numbers. False: there are no
    /// more.</summary>
    public bool NextPacked()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        Number = TakeVarint();
        return true;
    }

    private void Take(int tag, int groupDepth)
    {
        switch ((WireFormat.WireType)(tag & 7))
        {
            case WireFormat.WireType.Varint:
                Number = TakeVarint();
                break;
            case WireFormat.WireType.Fixed64:
                Number = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(TakeBytes(sizeof(ulong)));
                break;
            case WireFormat.WireType.Fixed32:
                TakeBytes(sizeof(uint));
                break;
            case WireFormat.WireType.LengthDelimited:
                Bytes = TakeBytes((uint)TakeVarint());
                break;
            case WireFormat.WireType.StartGroup when groupDepth < GroupDepthMax:
                SkipGroup(tag, groupDepth + 1);
                break;
            case WireFormat.WireType.StartGroup or WireFormat.WireType.EndGroup:
                throw new FormatException("a group is not whole");
        }
    }

    private void SkipGroup(int start, int depth)
    {
        for (var tag = TakeTag(); tag != start + (WireFormat.WireType.EndGroup - WireFormat.WireType.StartGroup); tag = TakeTag())
        {
            Take(tag, depth);
        }
    }

    private int TakeTag()
    {
        var tag = (int)TakeVarint();
        return (uint)tag >> 3 != 0 ? tag : throw new FormatException("a field has no number");
    }

    private ulong TakeVarint()
    {
        // Most are of one byte.
        if (!_rest.IsEmpty && _rest[0] < 0x80)
        {
            var only = _rest[0];
            _rest = _rest[1..];
            return only;
        }

        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = TakeBytes(1)[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("a number has more than ten bytes");
    }

    private ReadOnlySpan<byte> TakeBytes(uint count)
    {
        if (count > (uint)_rest.Length)
        {
            throw new FormatException("it ends within a field");
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
