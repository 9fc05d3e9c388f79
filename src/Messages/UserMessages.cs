using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.Serialization;
using System.Text.Json;
using Akka.Actor;
using Akka.Serialization;

namespace AkkaLb.Messages;

/// <summary>The closed list of a user's own message types: a short manifest for each, the same on both sides.</summary>
/// <remarks>Only listed types are written, and only listed manifests are read, so no peer can name a type to be created.</remarks>
public sealed class UserMessages
{
    private readonly FrozenDictionary<string, Type> _types;
    private readonly FrozenDictionary<Type, string> _manifests;

    /// <exception cref="ArgumentException">A manifest is empty or stands twice, or a type stands twice, is abstract or is <see cref="object"/>.</exception>
    public UserMessages(IEnumerable<KeyValuePair<string, Type>> listed)
    {
        var types = new Dictionary<string, Type>(StringComparer.Ordinal);
        var manifests = new Dictionary<Type, string>();
        foreach (var (manifest, type) in listed)
        {
            if (string.IsNullOrWhiteSpace(manifest) || !types.TryAdd(manifest, type))
            {
                throw new ArgumentException($"message manifest \"{manifest}\" is empty or listed twice", nameof(listed));
            }

            if (type.IsAbstract || type.ContainsGenericParameters || type == typeof(object) || !manifests.TryAdd(type, manifest))
            {
                throw new ArgumentException($"message type {type} (\"{manifest}\") is abstract, open, object or listed twice", nameof(listed));
            }
        }

        _types = types.ToFrozenDictionary(StringComparer.Ordinal);
        _manifests = manifests.ToFrozenDictionary();
    }

    /// <summary>No user messages.</summary>
    public static UserMessages None { get; } = new([]);

    /// <summary>This list and another one.</summary>
    /// <exception cref="ArgumentException">A manifest or a type stands on both.</exception>
    public UserMessages And(UserMessages other) => new(_types.Concat(other._types));

    public IEnumerable<Type> Types => _manifests.Keys;

    public bool TryGetType(string manifest, out Type type) => _types.TryGetValue(manifest, out type!);

    public bool TryGetManifest(Type type, out string manifest) => _manifests.TryGetValue(type, out manifest!);

    /// <summary>What an actor system needs to read and write these types: pass it to <c>ActorSystem.Create</c>.</summary>
    public SerializationSetup ToSetup() => SerializationSetup.Create(system => ImmutableHashSet.Create(
        SerializerDetails.Create("akkalb-user-json", new UserJsonSerializer(system, this), [.. Types])));
}

/// <summary>Writes listed user messages with System.Text.Json.</summary>
public sealed class UserJsonSerializer(ExtendedActorSystem system, UserMessages messages) : SerializerWithStringManifest(system)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.General) { MaxDepth = 64 };

    public override int Identifier => 4054;

    /// <exception cref="SerializationException">The type is not listed.</exception>
    public override string Manifest(object o) => messages.TryGetManifest(o.GetType(), out var manifest)
        ? manifest
        : throw new SerializationException($"{o.GetType()} is not listed under akkalb.messages");

    /// <exception cref="SerializationException">The value cannot be written as JSON.</exception>
    public override byte[] ToBinary(object obj)
    {
        // Getters, setters and constructors of the user's may throw anything, here and below.
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), Options);
        }
        catch (Exception e) when (e is not SerializationException)
        {
            throw new SerializationException($"{obj.GetType()} cannot be written as JSON: {e.Message}", e);
        }
    }

    /// <exception cref="SerializationException">The manifest is not listed, or the bytes are not JSON of its type.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!messages.TryGetType(manifest, out var type))
        {
            throw new SerializationException($"message \"{manifest}\" is not listed under akkalb.messages on this node");
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, type, Options)
                ?? throw new SerializationException($"message \"{manifest}\" is null");
        }
        catch (Exception e) when (e is not SerializationException)
        {
            throw new SerializationException($"message \"{manifest}\" is not JSON of {type}: {e.Message}", e);
        }
    }
}
