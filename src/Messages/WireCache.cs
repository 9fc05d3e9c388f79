using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Akka.Actor;
using AkkaLb.Core;
using static AkkaLb.Messages.WireFields;

namespace AkkaLb.Messages;

/// <summary>What was read before and comes again: a balancer names the same few workers in every answer, and a job's message is of the same few
/// types. To read their texts again took longer than to read all other fields of the message. Thread-safe.</summary>
internal sealed class WireCache
{
    /// <summary>Bound of the workers; when it is reached all are forgotten.</summary>
    private const int WorkersMax = 4096;

    /// <summary>Bytes of the largest worker that is remembered.</summary>
    private const int WorkerBytesMax = 512;

    /// <summary>Bound of the texts; a new one takes the place of another.</summary>
    private const int TextsMax = 256;

    /// <summary>Bytes of the longest text that is remembered.</summary>
    private const int KnownTextBytesMax = 128;

    private readonly ConcurrentDictionary<byte[], AssignedWorker> _workers;
    private readonly ConcurrentDictionary<byte[], AssignedWorker>.AlternateLookup<ReadOnlySpan<byte>> _workersBySpan;
    private readonly string?[] _texts = new string?[TextsMax];

    public WireCache()
    {
        _workers = new ConcurrentDictionary<byte[], AssignedWorker>(SameBytes.Instance);
        _workersBySpan = _workers.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <exception cref="FormatException">The bytes are not a worker.</exception>
    public AssignedWorker Worker(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= WorkerBytesMax && _workersBySpan.TryGetValue(bytes, out var known))
        {
            return known;
        }

        var worker = ReadWorker(new WireReader(bytes));
        if (bytes.Length <= WorkerBytesMax)
        {
            if (_workers.Count >= WorkersMax)
            {
                _workers.Clear();
            }

            _workers[bytes.ToArray()] = worker;
        }

        return worker;
    }

    /// <exception cref="DecoderFallbackException">The bytes are not UTF-8.</exception>
    public string Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > KnownTextBytesMax || !Ascii.IsValid(utf8))
        {
            return WireReader.TextOf(utf8);
        }

        ref var place = ref _texts[XxHash3.HashToUInt64(utf8) % TextsMax];
        var known = Volatile.Read(ref place);
        if (known is null || !Ascii.Equals(utf8, known))
        {
            known = WireReader.TextOf(utf8);
            Volatile.Write(ref place, known);
        }

        return known;
    }

    private static AssignedWorker ReadWorker(WireReader from)
    {
        var (id, incarnation, gate, takesCancel, takesBatches) = ("", 0UL, "", false, false);
        while (from.Next())
        {
            switch (from.Tag)
            {
                case (Wire.AssignedWorker.WorkerIdFieldNumber << 3) | WireReader.Delimited:
                    id = from.Text;
                    break;
                case (Wire.AssignedWorker.IncarnationFieldNumber << 3) | WireReader.Fixed64:
                    incarnation = from.Number;
                    break;
                case (Wire.AssignedWorker.PathFieldNumber << 3) | WireReader.Delimited:
                    gate = from.Text;
                    break;
                case (Wire.AssignedWorker.TakesCancelFieldNumber << 3) | WireReader.Varint:
                    takesCancel = from.Bool;
                    break;
                case (Wire.AssignedWorker.TakesBatchesFieldNumber << 3) | WireReader.Varint:
                    takesBatches = from.Bool;
                    break;
            }
        }

        // A gate's path is complete: from one without a uid, or no path at all, Akka makes a reference that can be neither told nor watched.
        Check(gate.Length <= NameLengthMax && ActorPath.TryParse(gate, out var path) && path.Uid != ActorCell.UndefinedUid, "path");
        return new AssignedWorker(Key(id, incarnation), gate, takesCancel, takesBatches);
    }

    private sealed class SameBytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static SameBytes Instance { get; } = new();

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        /// <summary>That of the runtime's strings, which is made so that no peer can choose bytes that have the same one.</summary>
        public int GetHashCode(ReadOnlySpan<byte> alternate) =>
            HashCode.Combine(string.GetHashCode(MemoryMarshal.Cast<byte, char>(alternate)), alternate.Length, alternate.IsEmpty ? 0 : alternate[^1]);

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] bytes) => GetHashCode(bytes.AsSpan());
    }
}
