using System.Collections.Frozen;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using AkkaLb.Core;

namespace AkkaLb.Messages;

/// <summary>Writes and reads the messages of a table as protobuf, and nothing else.</summary>
/// <remarks>Thread-safe.</remarks>
public abstract class WireSerializer : SerializerWithStringManifest
{
    private readonly FrozenDictionary<Type, WireRow> _byType;
    private readonly FrozenDictionary<string, WireRow> _byManifest;

    /// <summary>The row found last: remoting asks for the manifest, and then at once for the bytes.</summary>
    private WireRow _last;

    internal WireSerializer(ExtendedActorSystem system, IReadOnlyList<WireRow> rows)
        : base(system)
    {
        (_byType, _byManifest) = (rows.ToFrozenDictionary(r => r.Type), rows.ToFrozenDictionary(r => r.Manifest, StringComparer.Ordinal));
        _last = rows[0];
    }

    /// <exception cref="SerializationException">Not a message of the table.</exception>
    public override string Manifest(object o) => RowOf(o).Manifest;

    /// <exception cref="SerializationException">Not a message of the table, or one that no receiver would accept.</exception>
    public override byte[] ToBinary(object obj)
    {
        try
        {
            return RowOf(obj).Write(obj);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw new SerializationException($"{obj.GetType()} cannot be sent: {e.Message}", e);
        }
    }

    /// <exception cref="UnknownMessageException">A message of a later version.</exception>
    /// <exception cref="SerializationException">Bytes that are not that message.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!_byManifest.TryGetValue(manifest ?? "", out var row))
        {
            throw new UnknownMessageException($"unknown manifest \"{manifest}\"");
        }

        try
        {
            return row.Read(bytes);
        }
        catch (Exception e) when (WireRow.IsUnreadable(e))
        {
            throw new SerializationException($"\"{manifest}\" of {bytes.Length} bytes cannot be read: {e.Message}", e);
        }
    }

    /// <summary>For a <see cref="Batch"/>. Null: it cannot be sent.</summary>
    internal Batch.Packed? TryPack(IAkkaLbMessage message)
    {
        try
        {
            var row = RowOf(message);
            return new Batch.Packed(message, row.Manifest, row.Write(message));
        }
#pragma warning disable CA1031 // Whatever it is: who sends it alone is told.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    private WireRow RowOf(object message)
    {
        var (type, row) = (message.GetType(), _last);
        if (row.Type != type)
        {
            _last = row = _byType.GetValueOrDefault(type) ?? throw new SerializationException($"{type} is no message of {GetType().Name}");
        }

        return row;
    }
}
