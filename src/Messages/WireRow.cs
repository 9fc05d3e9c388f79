using Google.Protobuf;

namespace AkkaLb.Messages;

/// <summary>A message: what it is called on the wire, and the way there and back.</summary>
internal abstract class WireRow(string manifest, Type type)
{
    public delegate void WriteFields<in T>(ref WireWriter to, T message);

    public delegate T ReadFields<out T>(WireReader from);

    public string Manifest => manifest;

    public Type Type => type;

    /// <summary>By the generated code.</summary>
    public static WireRow Of<T, TWire>(string manifest, MessageParser<TWire> parser, Func<T, TWire> write, Func<TWire, T> read)
        where T : notnull
        where TWire : IMessage<TWire> => new Generated<T, TWire>(manifest, parser, write, read);

    /// <summary>For messages that come with every job: field by field, from and to the message itself.</summary>
    public static WireRow Of<T>(string manifest, WriteFields<T> write, ReadFields<T> read)
        where T : notnull => new Fields<T>(manifest, write, read);

    /// <param name="message">Of <see cref="Type"/>.</param>
    public abstract byte[] Write(object message);

    public abstract object Read(ReadOnlySpan<byte> bytes);

    /// <summary>What <see cref="Read"/> throws for bytes that are not the message.</summary>
    public static bool IsUnreadable(Exception e) =>
        e is InvalidProtocolBufferException or FormatException or OverflowException or ArgumentException;

    private sealed class Generated<T, TWire>(string manifest, MessageParser<TWire> parser, Func<T, TWire> write, Func<TWire, T> read)
        : WireRow(manifest, typeof(T))
        where T : notnull
        where TWire : IMessage<TWire>
    {
        public override byte[] Write(object message)
        {
            var wire = write((T)message);
            var bytes = new byte[wire.CalculateSize()];
            wire.WriteTo(bytes);
            return bytes;
        }

        public override object Read(ReadOnlySpan<byte> bytes) => read(parser.ParseFrom(bytes));
    }

    private sealed class Fields<T>(string manifest, WriteFields<T> write, ReadFields<T> read) : WireRow(manifest, typeof(T))
        where T : notnull
    {
        public override byte[] Write(object message)
        {
            var to = new WireWriter();
            write(ref to, (T)message);
            return to.ToArray();
        }

        public override object Read(ReadOnlySpan<byte> bytes) => read(new WireReader(bytes));
    }
}
