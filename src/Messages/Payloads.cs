using System.Runtime.Serialization;
using Akka.Actor;
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
        var serializer = system.Serialization.FindSerializerFor(message);
        var (manifest, data) = Serialization.WithTransport(
            system, (serializer, message), static x => (Manifest(x.serializer, x.message), x.serializer.ToBinary(x.message)));
        if (data.Length > dataBytesMax)
        {
            throw new SerializationException(
                $"{message.GetType()} takes {data.Length} bytes; at most {dataBytesMax} can be sent (akka.remote.dot-netty.tcp.maximum-frame-size)");
        }

        return new Payload(serializer.Identifier, manifest, data);
    }

    /// <summary>Reads a payload that came from the network.</summary>
    /// <exception cref="SerializationException">Unknown serializer or manifest, or bytes that cannot be read.</exception>
    public static object Unwrap(ExtendedActorSystem system, Payload payload)
    {
        try
        {
            return system.Serialization.Deserialize(payload.Data.ToArray(), payload.SerializerId, payload.Manifest);
        }
        catch (Exception e) when (e is not SerializationException)
        {
            // A serializer of the user's may throw anything on hostile bytes.
            throw new SerializationException($"message with serializer {payload.SerializerId} and manifest \"{payload.Manifest}\" cannot be read: {e.Message}", e);
        }
    }

    private static string Manifest(Serializer serializer, object message) => serializer switch
    {
        SerializerWithStringManifest s => s.Manifest(message),
        { IncludeManifest: true } => throw new SerializationException(
            $"{message.GetType()}: its serializer {serializer.GetType()} names types on the wire; use one with string manifests"),
        _ => "",
    };
}
