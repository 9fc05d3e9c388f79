using System.Buffers.Binary;
using System.Text;

namespace AkkaLb.Messages;

/// <summary>Writes the fields of a protobuf message into a buffer that the thread keeps, in one pass. It writes what the generated code would: a
/// number that is zero, an empty text and empty bytes are left out.</summary>
internal ref struct WireWriter()
{
    /// <summary>Bytes of the largest buffer that a thread keeps.</summary>
    private const int KeptMax = 64 * 1024;

    private const int VarintMax = 10;

    [ThreadStatic]
    private static byte[]? _kept;

    private byte[] _buffer = TakeKept() ?? new byte[1024];
    private int _length;

    /// <summary>What was written. This is the end of the writer.</summary>
    public readonly byte[] ToArray()
    {
        var bytes = _buffer.AsSpan(0, _length).ToArray();
        _kept = _buffer.Length <= KeptMax ? _buffer : null;
        return bytes;
    }

    public void Varint(int field, ulong value)
    {
        if (value != 0)
        {
            Tag(field, WireReader.Varint);
            Raw(value);
        }
    }

    public void Bool(int field, bool value) => Varint(field, value ? 1UL : 0);

    public void Fixed64(int field, ulong value)
    {
        if (value != 0)
        {
            Tag(field, WireReader.Fixed64);
            BinaryPrimitives.WriteUInt64LittleEndian(Room(sizeof(ulong)), value);
            _length += sizeof(ulong);
        }
    }

    public void Text(int field, string value)
    {
        if (value.Length != 0)
        {
            var start = Begin(field);
            _length += Encoding.UTF8.GetBytes(value, Room(Encoding.UTF8.GetMaxByteCount(value.Length)));
            End(start);
        }
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            Element(field, value);
        }
    }

    /// <summary>One of many, which may be empty.</summary>
    public void Element(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, WireReader.Delimited);
        Raw((uint)value.Length);
        value.CopyTo(Room(value.Length));
        _length += value.Length;
    }

    /// <summary>What is written from here to <see cref="End"/> is a message in this field, or packed numbers.</summary>
    /// <returns>For <see cref="End"/>.</returns>
    public int Begin(int field)
    {
        Tag(field, WireReader.Delimited);
        Raw(0);
        return _length;
    }

    public void End(int start)
    {
        // One byte was left for the length.
        var (size, more) = (_length - start, 0);
        for (var left = (uint)size >> 7; left != 0; left >>= 7)
        {
            more++;
        }

        if (more > 0)
        {
            Room(more);
            _buffer.AsSpan(start, size).CopyTo(_buffer.AsSpan(start + more));
        }

        _length = start - 1;
        Raw((uint)size);
        _length += size;
    }

    /// <summary>A number without its field: one of those that are packed.</summary>
    public void Raw(ulong value)
    {
        var room = Room(VarintMax);
        var i = 0;
        for (; value >= 0x80; value >>= 7)
        {
            room[i++] = (byte)(value | 0x80);
        }

        room[i] = (byte)value;
        _length += i + 1;
    }

    private static byte[]? TakeKept()
    {
        var kept = _kept;
        _kept = null;
        return kept;
    }

    private void Tag(int field, int type) => Raw((uint)(field << 3 | type));

    private Span<byte> Room(int size)
    {
        if (_buffer.Length - _length < size)
        {
            Array.Resize(ref _buffer, Math.Max(checked(_length + size), _buffer.Length * 2));
        }

        return _buffer.AsSpan(_length);
    }
}
