using System.Runtime.Serialization;
using System.Text.Json;
using Akka.Actor;
using Akka.Serialization;

namespace AkkaLb.Messages;

/// <summary>Writes listed user messages with System.Text.Json.</summary>
public sealed class UserJsonSerializer(ExtendedActorSystem system, UserMessages messages) : SerializerWithStringManifest(system)
{
    public override int Identifier => 4054;

    /// <exception cref="SerializationException">The type is not listed.</exception>
    public override string Manifest(object o) => messages.TryGetManifest(o.GetType(), out var manifest)
        ? manifest
        : throw new SerializationException($"{o.GetType()} is not listed under akkalb.messages");

    /// <exception cref="SerializationException">The value cannot be written as JSON, or would not arrive as it is.</exception>
    public override byte[] ToBinary(object obj)
    {
        // Getters, setters and constructors of the user's may throw anything, here and below.
        try
        {
            return messages.TryGetContract(Manifest(obj), out var contract)
                ? JsonSerializer.SerializeToUtf8Bytes(obj, contract)
                : throw new SerializationException($"{obj.GetType()} is not listed under akkalb.messages");
        }
        catch (JsonException e) when (e.Path is { } path)
        {
            throw new SerializationException($"{obj.GetType()} cannot be sent: {obj.GetType().Name}{path.TrimStart('$')}: {e.Message}", e);
        }
        catch (Exception e) when (e is not SerializationException)
        {
            throw new SerializationException($"{obj.GetType()} cannot be written as JSON: {e.Message}", e);
        }
    }

    /// <exception cref="UnknownMessageException">The manifest is not listed here.</exception>
    /// <exception cref="SerializationException">The bytes are not JSON of its type.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!messages.TryGetContract(manifest, out var contract))
        {
            throw new UnknownMessageException($"message \"{manifest}\" is not listed under akkalb.messages on this node");
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, contract)
                ?? throw new SerializationException($"message \"{manifest}\" is null");
        }
        catch (Exception e) when (e is not SerializationException)
        {
            throw new SerializationException($"message \"{manifest}\" is not JSON of {contract.Type}: {e.Message}", e);
        }
    }
}
