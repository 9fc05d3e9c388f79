using AkkaLb.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AkkaLb.Messages.Tests;

/// <summary>A type that no network may create: it counts how often that happened, for all tests together, so whoever creates or counts is in the
/// collection <see cref="TestSystem"/>.</summary>
public sealed class Marker
{
    private static int _created;

    public Marker() => Count();

    public static int Created => Volatile.Read(ref _created);

    public int N { get; set; }

    internal static void Count() => Interlocked.Increment(ref _created);
}

/// <summary>The same for Akka's protobuf serializer, which calls the constructor of a message that it does not know yet.</summary>
public sealed class ProtobufMarker : IMessage
{
    public ProtobufMarker() => Marker.Count();

    MessageDescriptor IMessage.Descriptor => throw new NotSupportedException();

    public void MergeFrom(CodedInputStream input) => _ = input;

    public void WriteTo(CodedOutputStream output) => _ = output;

    public int CalculateSize() => 0;
}

/// <summary>The same for what Akka.Remote rebuilds exceptions with: the serialization constructor.</summary>
public sealed class MarkerException : Exception
{
    public MarkerException(string text)
        : base(text)
    {
    }

#pragma warning disable SYSLIB0051 // The obsolete constructor is the one under test.
    public MarkerException(System.Runtime.Serialization.SerializationInfo info, System.Runtime.Serialization.StreamingContext context)
        : base(info, context) => Marker.Count();
#pragma warning restore SYSLIB0051
}
