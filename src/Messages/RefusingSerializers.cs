using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace AkkaLb.Messages;

/// <summary>Stands where Akka's JSON fallback stood. That one would write, and on receipt instantiate, whatever type a peer names.</summary>
public sealed class RefusingJsonSerializer(ExtendedActorSystem system) : RefusingSerializer(system, 1)
{
    /// <summary>The constructor that Akka calls, because its defaults hold settings for the name <c>json</c>; they mean nothing here.</summary>
    public RefusingJsonSerializer(ExtendedActorSystem system, Config settings)
        : this(system) => _ = settings;
}

/// <summary>Stands where Akka's protobuf serializer stood. On receipt that one calls the default constructor of whatever type a peer names.</summary>
public sealed class RefusingProtobufSerializer(ExtendedActorSystem system) : RefusingSerializer(system, 2);

/// <summary>Stands where the serializer of remote deployment stood: nobody creates actors on our nodes from outside.</summary>
public sealed class RefusingDeploySerializer(ExtendedActorSystem system) : RefusingSerializer(system, 3);

/// <summary>Refuses both directions with a sentence that says what to do.</summary>
/// <remarks>With string manifests, so that Akka does not even look up the type that a received manifest names.</remarks>
public abstract class RefusingSerializer(ExtendedActorSystem system, int identifier) : SerializerWithStringManifest(system)
{
    public override int Identifier => identifier;

    /// <exception cref="SerializationException">Always: the type has no serializer of its own.</exception>
    public override string Manifest(object o) => throw Unlisted(o);

    /// <exception cref="SerializationException">Always: the type has no serializer of its own.</exception>
    public override byte[] ToBinary(object obj) => throw Unlisted(obj);

    /// <exception cref="SerializationException">Always: bytes that would name a type to create are not read.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => throw new SerializationException(
        $"a message with serializer id {Identifier} was refused: it would name a type to create");

    internal static SerializationException Unlisted(object o) => new(
        $"{o.GetType()} may not be sent: list it under akkalb.messages in HOCON or in UserMessages in code, " +
        "or bind it to a serializer with string manifests");
}
