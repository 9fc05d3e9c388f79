using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace AkkaLb.Messages;

/// <summary>Stands where Akka's JSON fallback stood. That one would write, and on receipt instantiate, whatever type a peer names.</summary>
public sealed class RefusingJsonSerializer(ExtendedActorSystem system) : RefusingSerializer(system, 1);

/// <summary>Stands where the serializer of remote deployment stood: nobody creates actors on our nodes from outside.</summary>
public sealed class RefusingDeploySerializer(ExtendedActorSystem system) : RefusingSerializer(system, 3);

/// <summary>Refuses both directions with a sentence that says what to do.</summary>
public abstract class RefusingSerializer(ExtendedActorSystem system, int identifier) : Serializer(system)
{
    public override int Identifier => identifier;

    public override bool IncludeManifest => false;

    /// <exception cref="SerializationException">Always: the type has no serializer of its own.</exception>
    public override byte[] ToBinary(object obj) => throw new SerializationException(
        $"{obj.GetType()} may not be sent: bind it to a protobuf serializer, or list it under akkalb.messages (or AddMessage in code)");

    /// <exception cref="SerializationException">Always: bytes that would name a type to create are not read.</exception>
    public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException(
        $"a message with serializer id {Identifier} was refused: it would name a type to create");
}
