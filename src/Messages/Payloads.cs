using System.Runtime.InteropServices;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Serialization;

namespace AkkaLb.Messages;

/// <summary>Turns a user's message into bytes and back, before the network is involved, so that trouble shows where it is made.</summary>
public static class Payloads
{
    /// <summary>What a job's envelope and Akka's own frame need at most beside the payload, in bytes.</summary>
    public const int EnvelopeBytesMax = 4096;

    /// <summary>The largest payload that fits a frame of <paramref name="frameBytesMax"/> (<c>maximum-frame-size</c>).</summary>
    public static int DataBytesMax(int frameBytesMax) => Math.Max(0, frameBytesMax - EnvelopeBytesMax);

    /// <summary>The frame limit of a system's remoting; Akka's default where there is none.</summary>
    public static int FrameBytesMax(ActorSystem system) =>
        (int)(system.Settings.Config.GetByteSize("akka.remote.dot-netty.tcp.maximum-frame-size", null) ?? 128_000);

    /// <summary>Serializes with whatever the type is bound to on this system.</summary>
    /// <exception cref="SerializationException">The type is not listed, cannot be written, or is larger than <paramref name="dataBytesMax"/>.</exception>
    public static Payload Wrap(ExtendedActorSystem system, object message, int dataBytesMax)
    {
        if (IsForAkka(message))
        {
            throw new SerializationException($"{message.GetType()} is for Akka itself, not a message to send as a job");
        }

        var serializer = system.Serialization.FindSerializerFor(message);
        var (manifest, data) = Serialization.WithTransport(
            system, (serializer, message), static x => (Manifest(x.serializer, x.message), x.serializer.ToBinary(x.message)));
        var bytes = data.Length + Encoding.UTF8.GetByteCount(manifest);
        if (bytes > dataBytesMax)
        {
            throw new SerializationException(
                $"{message.GetType()} takes {bytes} bytes; at most {dataBytesMax} can be sent (akka.remote.dot-netty.tcp.maximum-frame-size)");
        }

        return new Payload(serializer.Identifier, manifest, data);
    }

    /// <summary>Reads a payload that came from the network.</summary>
    /// <exception cref="SerializationException">Unknown serializer or manifest, or bytes that cannot be read.</exception>
    public static object Unwrap(ExtendedActorSystem system, Payload payload)
    {
        try
        {
            // Null comes from the serializer of null (id 0), which reads anything.
            var message = system.Serialization.Deserialize(Array(payload.Data), payload.SerializerId, payload.Manifest);
            return message is not null && !IsForAkka(message)
                ? message
                : throw new SerializationException($"{message?.GetType().ToString() ?? "null"} is not a message to send as a job");
        }
        catch (Exception e) when (e is not SerializationException)
        {
            // A serializer of the user's may throw anything on hostile bytes.
            throw new SerializationException($"message with serializer {payload.SerializerId} and manifest \"{payload.Manifest}\" cannot be read: {e.Message}", e);
        }
    }

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
