using AkkaLb.Core;

namespace AkkaLb.Messages;

/// <summary>Several messages of one actor to another, in order, that travel as one: what each message costs beside its own bytes is paid once for
/// all of them. Only for a peer that has said that it takes batches.</summary>
/// <remarks>It is handled as if its messages had come one after another. One that cannot be read is left out, and the others are there.</remarks>
/// <param name="packed">In order.</param>
/// <param name="unreadable">How many more there were, which cannot be read.</param>
internal sealed class Batch(IReadOnlyList<Batch.Packed> packed, int unreadable = 0) : IAkkaLbMessage
{
    /// <summary>Bound of the messages' bytes together. The smallest frame that Akka allows has 32,000.</summary>
    public const int BytesMax = 16 * 1024;

    /// <summary>Bytes of the largest message that goes into a batch: what a larger one costs is its own bytes.</summary>
    public const int MessageBytesMax = 4 * 1024;

    /// <summary>Of one that is read; those behind cannot be read. Four times as many as are ever sent.</summary>
    public const int MessagesMax = 256;

    /// <summary>In order.</summary>
    internal IReadOnlyList<Packed> Entries => packed;

    public IEnumerable<IAkkaLbMessage> Messages => packed.Select(p => p.Message);

    /// <inheritdoc cref="Batch(IReadOnlyList{Packed}, int)" path="/param[@name='unreadable']"/>
    public int Unreadable => unreadable;

    /// <summary>The messages of a batch; of any other message itself.</summary>
    public static IEnumerable<object> MessagesIn(object message) => message is Batch batch ? batch.Messages : [message];

    public override string ToString() => $"Batch {{ {string.Join(", ", Messages)} }}";

    /// <param name="Bytes">The message as the table writes it; empty in one that was read.</param>
    internal readonly record struct Packed(IAkkaLbMessage Message, string Manifest, ReadOnlyMemory<byte> Bytes);
}
