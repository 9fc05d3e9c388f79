using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using AkkaLb.Messages;
using Xunit;

namespace AkkaLb.Tests.Support;

/// <summary>One system with AkkaLb's serialization and remoting, shared by the tests that only write and read.</summary>
public class TestSystem : IAsyncLifetime
{
    public TestSystem()
        : this("", 4053)
    {
    }

    /// <param name="bindings">Besides AkkaLb's own.</param>
    /// <param name="serializerId">Of the serializer under test.</param>
    protected TestSystem(Config bindings, int serializerId)
    {
        SerializerId = serializerId;
        System = (ExtendedActorSystem)ActorSystem.Create(
            SystemConfig.SystemName,
            SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF").WithFallback(bindings));
    }

    public ExtendedActorSystem System { get; }

    public int SerializerId { get; }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => System.Terminate();

    public object Read(byte[] bytes, int serializerId, string manifest) => System.Serialization.Deserialize(bytes, serializerId, manifest);

    public object Read(byte[] bytes, string manifest) => Read(bytes, SerializerId, manifest);

    public (int SerializerId, string Manifest, byte[] Bytes) Write(object message)
    {
        var serializer = System.Serialization.FindSerializerFor(message);
        return (serializer.Identifier, Serialization.ManifestFor(serializer, message), serializer.ToBinary(message));
    }

    /// <summary>True when the bytes were read, false when they were refused properly; anything else is a fault.</summary>
    public bool ReadsOrRefuses(byte[] bytes, string manifest, string what)
    {
        try
        {
            var message = Read(bytes, manifest);
            // What was read is in range exactly when it may be written again.
            Write(message);
            return true;
        }
        catch (SerializationException)
        {
            return false;
        }
        catch (Exception e)
        {
            throw new Xunit.Sdk.XunitException($"{what}: {e.GetType()} for \"{manifest}\" {Convert.ToHexString(bytes)}\n{e}");
        }
    }
}

/// <summary>A message as text, with lists and bytes written out: records compare those by reference.</summary>
public static class Shown
{
    public static string Of(object? value) => value switch
    {
        null => "null",
        string s => $"\"{s}\"",
        ReadOnlyMemory<byte> m => Convert.ToHexString(m.Span),
        byte[] b => Convert.ToHexString(b),
        IActorRef r => r.Path.ToSerializationFormat(),
        IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(Of))}]",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ when value.GetType().Namespace!.StartsWith(nameof(AkkaLb), StringComparison.Ordinal) => $"{value.GetType().Name} {Parts(value)}",
        _ => value.ToString()!,
    };

    private static string Parts(object value) => string.Join(", ", value.GetType()
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Select(p => $"{p.Name}={Of(p.GetValue(value))}"));
}
