using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace AkkaLb.Messages.Tests;

/// <summary>One system with AkkaLb's serialization and remoting, shared by the tests that only write and read.</summary>
public sealed class TestSystem : IAsyncLifetime
{
    public ExtendedActorSystem System { get; } = (ExtendedActorSystem)ActorSystem.Create(
        SystemConfig.SystemName, SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF"));

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => System.Terminate();

    public object Read(byte[] bytes, int serializerId, string manifest) => System.Serialization.Deserialize(bytes, serializerId, manifest);

    public object Read(byte[] bytes, string manifest) => Read(bytes, 4053, manifest);

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

[CollectionDefinition(nameof(TestSystem))]
public sealed class TestSystemCollection : ICollectionFixture<TestSystem>;

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
