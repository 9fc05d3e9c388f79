using System.Runtime.InteropServices;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Serialization;
using AkkaLb.Core;

namespace AkkaLb.Messages;

/// <summary>Turns a user's message into bytes and back, before the network is involved, so that trouble shows where it is made.</summary>
public static class Payloads
{
    /// <summary>What a job's envelope and Akka's own frame need at most beside the payload, in bytes.</summary>
    public const int EnvelopeBytesMax = 4096;

    /// <summary>What bounds the size of a message, unless something else is said to.</summary>
    public const string FrameSetting = "akka.remote.dot-netty.tcp.maximum-frame-size";

    // Identifiers of Akka's own serializers. 0 to 40 are reserved for them.
    private const int ByteArrays = 4;
    private const int SmallMessages = 16;
    private const int PrimitiveValues = 17;
    private const int AkkaReservedMax = 40;
    private const int Hyperion = -5;

    /// <summary>The largest payload that fits a frame of <paramref name="frameBytesMax"/> (<c>maximum-frame-size</c>).</summary>
    public static int DataBytesMax(int frameBytesMax) => Math.Max(0, frameBytesMax - EnvelopeBytesMax);

    /// <summary>The frame limit of a system's remoting; Akka's default where there is none.</summary>
    public static int FrameBytesMax(ActorSystem system) =>
        (int)(system.Settings.Config.GetByteSize("akka.remote.dot-netty.tcp.maximum-frame-size", null) ?? 128_000);

    /// <summary>Serializes with whatever the type is bound to on this system.</summary>
    /// <param name="dataBytesMax">What it may take.</param>
    /// <param name="bound">What says so, for people.</param>
    /// <exception cref="SerializationException">It is null, its type is not listed, it cannot be written or would not arrive as it is, or it is
    /// larger than <paramref name="dataBytesMax"/>.</exception>
    public static Payload Wrap(ExtendedActorSystem system, object? message, int dataBytesMax, string bound = FrameSetting)
    {
        if (message is null)
        {
            throw new SerializationException("null is not a message: send a record without members where there is nothing to say");
        }

        if (IsForAkka(message))
        {
            throw new SerializationException($"{message.GetType()} is for Akka itself, not a message to send as a job");
        }

        var serializer = system.Serialization.FindSerializerFor(message);
        if (!IsListed(system, serializer.Identifier, null))
        {
            throw RefusingSerializer.Unlisted(message);
        }

        var (manifest, data) = Serialization.WithTransport(
            system, (serializer, message), static x => (Manifest(x.serializer, x.message), x.serializer.ToBinary(x.message)));
        if (!IsListed(system, serializer.Identifier, manifest))
        {
            throw RefusingSerializer.Unlisted(message);
        }

        var bytes = Bytes(manifest, data.Length);
        if (bytes > dataBytesMax)
        {
            throw new SerializationException(
                $"{message.GetType()} takes {bytes} bytes; at most {dataBytesMax} can be sent ({bound})");
        }

        return new Payload(serializer.Identifier, manifest, data);
    }

    /// <summary>Whether what <see cref="Wrap"/> made takes no more than this.</summary>
    public static bool Fits(Payload payload, int dataBytesMax) => Bytes(payload.Manifest, payload.Data.Length) <= dataBytesMax;

    private static long Bytes(string manifest, int dataBytes) => (long)dataBytes + Encoding.UTF8.GetByteCount(manifest);

    /// <summary>Reads a payload that came from the network.</summary>
    /// <exception cref="UnknownMessageException">This node lacks its serializer, or its type is not listed here; another may know it.</exception>
    /// <exception cref="SerializationException">It may not be read, or its bytes cannot.</exception>
    public static object Unwrap(ExtendedActorSystem system, Payload payload)
    {
        if (!IsListed(system, payload.SerializerId, payload.Manifest))
        {
            throw new SerializationException(
                $"a message with serializer {payload.SerializerId} and manifest \"{payload.Manifest}\" was refused: only listed types are read");
        }

        try
        {
            // Null comes from a serializer that makes it of anything.
            var message = system.Serialization.Deserialize(Array(payload.Data), payload.SerializerId, payload.Manifest);
            return message is not null && !IsForAkka(message)
                ? message
                : throw new SerializationException($"{message?.GetType().ToString() ?? "null"} is not a message to send as a job");
        }
        catch (SerializationException e) when (IsUnknown(e))
        {
            throw new UnknownMessageException(
                $"this node has no serializer {payload.SerializerId} for the message \"{payload.Manifest}\": its akka.actor.serializers lack it", e);
        }
        catch (Exception e) when (e is not SerializationException)
        {
            // A serializer of the user's may throw anything on hostile bytes.
            throw new SerializationException(
                $"message with serializer {payload.SerializerId} and manifest \"{payload.Manifest}\" cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether what this serializer reads is among what users list. On a system of somebody else's Akka's own serializers create whatever a
    /// peer names, so they are not asked at all, whatever they are replaced by.</summary>
    /// <param name="manifest">Null: not known yet.</param>
    private static bool IsListed(ExtendedActorSystem system, int serializerId, string? manifest) => serializerId switch
    {
        ByteArrays => manifest is null or "",
        PrimitiveValues => true,
        // A reference to an actor is a path. The others may hold a further message, which is read with any serializer that it names.
        SmallMessages => manifest is null or "AR" || system.Serialization.FindSerializerForType(typeof(object)) is RefusingJsonSerializer,
        Hyperion or (>= 0 and <= AkkaReservedMax) => false,
        _ => true,
    };

    /// <summary>Akka does not offer to ask whether a serializer is there; a test pins its sentences.</summary>
    private static bool IsUnknown(SerializationException e) => e is not UnknownMessageException
        && (e.Message.StartsWith("Cannot find serializer with id", StringComparison.Ordinal)
            || e.Message.StartsWith("Cannot find manifest class", StringComparison.Ordinal));

    /// <summary>PoisonPill, Terminate and the like: Akka acts on them before the actor sees them, and nobody would ever answer the job.</summary>
    private static bool IsForAkka(object message) => message is IAutoReceivedMessage or ISystemMessage;

    /// <summary>The whole array behind it, as received data has one of its own; a copy only when it is part of a larger one.</summary>
    private static byte[] Array(ReadOnlyMemory<byte> data) =>
        MemoryMarshal.TryGetArray(data, out var s) && s.Offset == 0 && s.Count == s.Array!.Length ? s.Array : data.ToArray();

    private static string Manifest(Serializer serializer, object message) => serializer switch
    {
        SerializerWithStringManifest s => s.Manifest(message),
        { IncludeManifest: true } => throw new SerializationException(
            $"{message.GetType()}: its serializer {serializer.GetType()} names types on the wire; use one with string manifests"),
        _ => "",
    };
}
