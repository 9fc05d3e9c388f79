using System.Collections.Frozen;
using System.Text;
using AkkaLb.Core;
using static AkkaLb.Messages.WireReader;

namespace AkkaLb.Messages;

/// <summary>The row for batches of the table's other messages.</summary>
internal sealed class BatchRow : WireRow
{
    private const int ManifestLengthMax = 16;

    private readonly FrozenDictionary<string, WireRow>.AlternateLookup<ReadOnlySpan<char>> _byManifest;

    public BatchRow(IReadOnlyList<WireRow> others)
        : base("B", typeof(Batch)) =>
        _byManifest = others.ToFrozenDictionary(r => r.Manifest, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public override byte[] Write(object message)
    {
        var to = new WireWriter();
        var entries = ((Batch)message).Entries;
        foreach (var entry in entries)
        {
            to.Text(Wire.Batch.ManifestsFieldNumber, entry.Manifest);
        }

        foreach (var entry in entries)
        {
            to.Element(Wire.Batch.MessagesFieldNumber, entry.Bytes.Span);
        }

        return to.ToArray();
    }

    public override object Read(ReadOnlySpan<byte> bytes)
    {
        // Manifests and messages may alternate.
        var (rows, messages, read, unreadable) = (new List<WireRow?>(), 0, new List<Batch.Packed>(), 0);
        for (var manifests = new WireReader(bytes); manifests.Next();)
        {
            if (manifests.Tag == ((Wire.Batch.ManifestsFieldNumber << 3) | Delimited) && rows.Count < Batch.MessagesMax)
            {
                rows.Add(RowOf(manifests.Bytes));
            }
        }

        for (var from = new WireReader(bytes); from.Next();)
        {
            if (from.Tag == ((Wire.Batch.MessagesFieldNumber << 3) | Delimited))
            {
                if (messages < rows.Count && TryRead(rows[messages++], from.Bytes) is { } message)
                {
                    read.Add(message);
                }
                else
                {
                    unreadable++;
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
}
