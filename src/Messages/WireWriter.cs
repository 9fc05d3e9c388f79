using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace AkkaLb.Messages;

/// <summary>Writes the fields of a protobuf message into a buffer that the thread keeps, in one pass. It writes what the generated code would: a
/// number that is zero, an empty text and empty bytes are left out.</summary>
internal ref struct WireWriter()
{
    /// <summary>Bytes of the largest buffer that a thread keeps.</summary>
    private const int KeptMax = 64 * 1024;

    private const int VarintMax = 10;

    /// <summary>Bytes for what commonly follows a large field.</summary>
    private const int Slack = 64;

    [ThreadStatic]
    private static byte[]? _kept;

    private byte[] _buffer = TakeKept() ?? new byte[1024];
    private int _length;

    /// <summary>Bytes of a number on the wire.</summary>
    public static int SizeOf(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>Bytes on the wire of a field that is a text, bytes or a message: its tag, its length and itself. The field's number is below
    /// 16.</summary>
    public static int SizeOfField(int length) => length == 0 ? 0 : 1 + SizeOf((uint)length) + length;

    /// <summary>What was written. The writer is empty afterwards.</summary>
    public byte[] ToArray()
    {
        var bytes = _buffer.AsSpan(0, _length).ToArray();
        _kept = _buffer.Length <= KeptMax ? _buffer : null;
        (_buffer, _length) = ([], 0);
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
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length != 0)
        {
            var size = Encoding.UTF8.GetByteCount(value);
            Head(field, size);
            _length += Encoding.UTF8.GetBytes(value, Room(size));
        }
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            Element(field, value);
        }
    }

    /// <summary>An element of a repeated field. It is written even if it is empty.</summary>
    public void Element(int field, ReadOnlySpan<byte> value)
    {
        Head(field, value.Length);
        value.CopyTo(Room(value.Length));
        _length += value.Length;
    }

    /// <summary>The next bytes, of this length, are a message in this field.</summary>
    public void Head(int field, int length)
    {
        Tag(field, WireReader.Delimited);
        Raw((uint)length);
    }

    /// <summary>What is written from here to <see cref="End"/> is the content of this field: a message, or packed numbers. It leaves one byte for the
    /// length.</summary>
    /// <returns>For <see cref="End"/>.</returns>
    public int Begin(int field)
    {
        Head(field, 0);
        return _length;
    }

    public void End(int start)
    {
        var size = _length - start;
        var more = SizeOf((uint)size) - 1;
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
            Array.Resize(ref _buffer, Math.Max(checked(_length + size + Slack), Math.Min(_buffer.Length * 2, KeptMax)));
        }

        return _buffer.AsSpan(_length);
    }
}
