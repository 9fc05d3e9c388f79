using System.Collections.Frozen;
using System.Text;
using AkkaLb.Core;
using Google.Protobuf;

namespace AkkaLb.Messages;

/// <summary>The row for batches of the table's other messages. It writes and reads what the generated code would, straight from and to the
/// messages.</summary>
internal sealed class BatchRow : WireRow
{
    private const byte ManifestTag = (Wire.Batch.ManifestsFieldNumber << 3) | (int)WireFormat.WireType.LengthDelimited;
    private const byte MessageTag = (Wire.Batch.MessagesFieldNumber << 3) | (int)WireFormat.WireType.LengthDelimited;
    private const int ManifestLengthMax = 16;

    private readonly FrozenDictionary<string, WireRow>.AlternateLookup<ReadOnlySpan<char>> _byManifest;

    public BatchRow(IReadOnlyList<WireRow> others)
        : base("B", typeof(Batch)) =>
        _byManifest = others.ToFrozenDictionary(r => r.Manifest, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public override byte[] Write(object message)
    {
        var entries = ((Batch)message).Entries;
        var size = 0;
        foreach (var entry in entries)
        {
            size += FieldSize(entry.Manifest.Length) + FieldSize(entry.Bytes.Length);
        }

        var bytes = new byte[size];
        var rest = bytes.AsSpan();
        foreach (var entry in entries)
        {
            rest = WriteHead(rest, ManifestTag, entry.Manifest.Length);
            rest = rest[Encoding.ASCII.GetBytes(entry.Manifest, rest)..];
        }

        foreach (var entry in entries)
        {
            rest = WriteHead(rest, MessageTag, entry.Bytes.Length);
            entry.Bytes.Span.CopyTo(rest);
            rest = rest[entry.Bytes.Length..];
        }

        return bytes;
    }

    public override object Read(ReadOnlySpan<byte> bytes)
    {
        // Manifests and messages may alternate.
        var (rows, messages, read, unreadable) = (new List<WireRow?>(), 0, new List<Batch.Packed>(), 0);
        for (var i = 0; i < 2; i++)
        {
            var rest = bytes;
            while (!rest.IsEmpty)
            {
                var tag = TakeVarint(ref rest);
                var field = TakeField(ref rest, tag);
                if (i == 0 && tag == ManifestTag && rows.Count < Batch.MessagesMax)
                {
                    rows.Add(RowOf(field));
                }
                else if (i == 1 && tag == MessageTag)
                {
                    if (messages < rows.Count && TryRead(rows[messages++], field) is { } message)
                    {
                        read.Add(message);
                    }
                    else
                    {
                        unreadable++;
                    }
                }
            }
        }

        return new Batch(read, unreadable);
    }

    private static Batch.Packed? TryRead(WireRow? row, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return row is null ? null : new Batch.Packed((IAkkaLbMessage)row.Read(bytes), row.Manifest, default);
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            // Its peer, or what came between, has made it; nothing else in the batch is worse for it.
            return null;
        }
    }

    private WireRow? RowOf(ReadOnlySpan<byte> manifest)
    {
        Span<char> name = stackalloc char[ManifestLengthMax];
        return manifest.Length <= ManifestLengthMax && Encoding.UTF8.TryGetChars(manifest, name, out var length)
            && _byManifest.TryGetValue(name[..length], out var row) ? row : null;
    }

    private static int FieldSize(int length) => 1 + CodedOutputStream.ComputeLengthSize(length) + length;

    private static Span<byte> WriteHead(Span<byte> to, byte tag, int length)
    {
        to[0] = tag;
        var i = 1;
        for (var left = (uint)length; ; left >>= 7)
        {
            to[i++] = (byte)(left < 0x80 ? left : left | 0x80);
            if (left < 0x80)
            {
                return to[i..];
            }
        }
    }

    private static ulong TakeVarint(ref ReadOnlySpan<byte> from)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = TakeBytes(ref from, 1)[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("a number has more than ten bytes");
    }

    /// <returns>What is in the field; empty for one that is no bytes.</returns>
    private static ReadOnlySpan<byte> TakeField(ref ReadOnlySpan<byte> from, ulong tag)
    {
        switch ((WireFormat.WireType)(tag & 7))
        {
            case WireFormat.WireType.LengthDelimited:
                return TakeBytes(ref from, TakeVarint(ref from));
            case WireFormat.WireType.Varint:
                TakeVarint(ref from);
                return default;
            case WireFormat.WireType.Fixed64:
                TakeBytes(ref from, sizeof(long));
                return default;
            case WireFormat.WireType.Fixed32:
                TakeBytes(ref from, sizeof(int));
                return default;
            default:
                throw new FormatException("a field is of no known type");
        }
    }

    private static ReadOnlySpan<byte> TakeBytes(ref ReadOnlySpan<byte> from, ulong count)
    {
        if (count > (ulong)from.Length)
        {
            throw new FormatException("it ends within a field");
        }

        var taken = from[..(int)count];
        from = from[(int)count..];
        return taken;
    }
}
