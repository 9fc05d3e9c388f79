using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace AkkaLb.Messages;

// Akka.Remote rebuilds an exception by calling the serialization constructor of whatever type the peer names. Exceptions travel in a
// Status.Failure and in the system messages between a parent and a child that it deployed on another node. AkkaLb sends neither: its own
// messages carry type name and text, and remote deployment is off. So the guards let through what nodes need of each other and no more.

/// <summary>Akka's serializer of small messages (Identify, references, heartbeats of the death watch), without exceptions and deployment.</summary>
public sealed class GuardedMiscSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private readonly MiscMessageSerializer _inner = new(system);

    public override int Identifier => 16;

    /// <exception cref="SerializationException">The message carries an exception, or serves remote deployment only.</exception>
    public override string Manifest(object o)
    {
        var manifest = _inner.Manifest(o);
        return IsAllowed(manifest) ? manifest : throw Refused(o);
    }

    /// <exception cref="SerializationException">The message carries an exception, or serves remote deployment only.</exception>
    public override byte[] ToBinary(object obj) => IsAllowed(_inner.Manifest(obj)) ? _inner.ToBinary(obj) : throw Refused(obj);

    /// <exception cref="SerializationException">Not one of the allowed messages, or bytes that are not that message.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => IsAllowed(manifest)
        ? Guard.Read(_inner, bytes, manifest, static (inner, bytes, manifest) => inner.FromBinary(bytes, manifest))
        : throw new SerializationException($"a message with serializer id {Identifier} and manifest \"{manifest}\" was refused");

    // Identify, ActorIdentity, reference, heartbeat of the death watch and its answer, Status.Success. Not PoisonPill and Kill, with which
    // anybody could end an actor of ours, on its own or through a selection.
    private static bool IsAllowed(string manifest) => manifest is "ID" or "AID" or "AR" or "RWHB" or "RWHR" or "STS";

    private static SerializationException Refused(object o) => new(
        $"{o.GetType()} may not be sent to another node: answer with a message of your own, or let the worker's gate send the failure");
}

/// <summary>Akka's serializer of system messages, reduced to what does no harm from anybody.</summary>
/// <remarks>
/// Terminate would end the actor that it reaches. A Watch would be kept, with its watcher, until that one takes it back, so it costs nothing here: it
/// is read as an Unwatch, which nobody misses. Refusing it would close the connection, and peers of an earlier version do watch gates. A
/// notification about an actor of this node is made here and never arrives: from the network it would tell a parent that a living child has ended.
/// </remarks>
public class GuardedSystemMessageSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private readonly SystemMessageSerializer _inner = new(system);

    public override int Identifier => 22;

    public override bool IncludeManifest => true;

    /// <exception cref="SerializationException">The message ends an actor, or serves remote deployment only.</exception>
    public override byte[] ToBinary(object obj) => IsAllowed(obj.GetType())
        ? _inner.ToBinary(obj)
        : throw new SerializationException($"system message {obj.GetType()} may not be sent to another node");

    /// <exception cref="SerializationException">Not one of the allowed messages, or bytes that are not that message.</exception>
    public override object FromBinary(byte[] bytes, Type type)
    {
        var message = IsAllowed(type)
            ? Guard.Read(_inner, bytes, type, static (inner, bytes, type) => inner.FromBinary(bytes, type))
            : throw new SerializationException($"system message {type} was refused");
        return message switch
        {
            Watch watch when !MayWatch(watch.Watcher.Path.Address) => new Unwatch(watch.Watchee, watch.Watcher),
            DeathWatchNotification { Actor: IActorRefScope { IsLocal: true } } => throw new SerializationException(
                "a notification that an actor of this node has ended was refused"),
            _ => message,
        };
    }

    /// <summary>Whether a Watch from there is kept.</summary>
    protected virtual bool MayWatch(Address watcher) => false;

    private static bool IsAllowed(Type? type) => type == typeof(Watch) || type == typeof(Unwatch) || type == typeof(DeathWatchNotification);
}

/// <summary>Akka's serializer of messages to an actor selection; they nest another message.</summary>
public sealed class GuardedContainerSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private readonly MessageContainerSerializer _inner = new(system);

    public override int Identifier => 6;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => _inner.ToBinary(obj);

    /// <exception cref="SerializationException">Bytes that are not a message to a selection, or nested too deeply.</exception>
    public override object FromBinary(byte[] bytes, Type type) =>
        Guard.Read(_inner, bytes, type, static (inner, bytes, type) => inner.FromBinary(bytes, type));
}

internal static class Guard
{
    /// <summary>Reads with a serializer of Akka's; what it throws on hostile bytes becomes a <see cref="SerializationException"/>.</summary>
    public static object Read<TSerializer, TManifest>(
        TSerializer inner, byte[] bytes, TManifest manifest, Func<TSerializer, byte[], TManifest, object> read)
    {
        // Identify and selections nest messages: a frame full of them is thousands of levels, and a stack overflow ends the process.
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new SerializationException("a message was refused: it is nested too deeply");
        }

        try
        {
            return read(inner, bytes, manifest);
        }
        catch (Exception e) when (e is not SerializationException)
        {
            throw new SerializationException($"\"{manifest}\" of {bytes.Length} bytes cannot be read: {e.Message}", e);
        }
    }
}
