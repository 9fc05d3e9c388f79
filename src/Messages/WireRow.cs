using Google.Protobuf;

namespace AkkaLb.Messages;

/// <summary>A message: what it is called on the wire, and the way there and back.</summary>
internal abstract class WireRow(string manifest, Type type)
{
    public string Manifest => manifest;

    public Type Type => type;

    public static WireRow Of<T, TWire>(string manifest, MessageParser<TWire> parser, Func<T, TWire> write, Func<TWire, T> read)
        where T : notnull
        where TWire : IMessage<TWire> => new Typed<T, TWire>(manifest, parser, write, read);

    /// <param name="message">Of <see cref="Type"/>.</param>
    public abstract byte[] Write(object message);

    public abstract object Read(byte[] bytes);

    private sealed class Typed<T, TWire>(string manifest, MessageParser<TWire> parser, Func<T, TWire> write, Func<TWire, T> read)
        : WireRow(manifest, typeof(T))
        where T : notnull
        where TWire : IMessage<TWire>
    {
        public override byte[] Write(object message) => write((T)message).ToByteArray();

        public override object Read(byte[] bytes) => read(parser.ParseFrom(bytes));
    }
}
