using System.Runtime.CompilerServices;
using Akka.Actor;

namespace AkkaLb.Worker;

/// <summary>A reply of any number of messages: tell it to the sender of a job, once, in place of a message. Its client takes them with
/// <c>StreamAsync</c>, one after another.</summary>
/// <remarks>The next message is asked for when the client takes more: what a client has not used up is at most 1 MiB and a message besides. They are
/// asked for beside the actor, on the threads of its dispatcher, so what makes them may not touch the actor's state. The job keeps its place at the
/// worker until the last one is sent, and what makes them has ended; its actor is free for the next job meanwhile. It ends with the job's deadline.
/// In a test that is itself the sender, a stream is a message like any other: nobody takes it.</remarks>
public sealed class ReplyStream : INoSerializationVerificationNeeded
{
    private readonly IAsyncEnumerable<object> _messages;
    private readonly Stream? _bytes;
    private int _isTaken;

    private ReplyStream(IAsyncEnumerable<object> messages, Stream? bytes = null) => (_messages, _bytes) = (messages, bytes);

    /// <summary>A stream of messages, each as a reply is one: of a listed type, and not larger than a frame. What the enumeration throws is the job's
    /// failure.</summary>
    /// <param name="messages">Enumerated once. Its cancellation token is cancelled when nobody wants the rest.</param>
    /// <exception cref="ArgumentNullException">There is none.</exception>
    public static ReplyStream Of<T>(IAsyncEnumerable<T> messages)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(messages);
        return new ReplyStream(AsObjects(messages));
    }

    /// <summary>A stream of byte arrays: what is read from a file, say.</summary>
    /// <param name="bytes">Read to its end, and disposed then, or when nobody wants the rest.</param>
    /// <param name="pieceBytes">How long an array is at most: 1 to 100,000, default 65,536; it has to fit into a frame. What is there goes at
    /// once.</param>
    /// <exception cref="ArgumentNullException">There is none.</exception>
    /// <exception cref="ArgumentException">It cannot be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is something else.</exception>
    public static ReplyStream Of(Stream bytes, int pieceBytes = 65_536)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(pieceBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pieceBytes, 100_000);
        return bytes.CanRead ? new ReplyStream(Pieces(bytes, pieceBytes), bytes) : throw new ArgumentException("it cannot be read", nameof(bytes));
    }

    /// <exception cref="InvalidOperationException">It was the reply to another job already.</exception>
    internal IAsyncEnumerator<object> Start(CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref _isTaken, 1) == 0
            ? _messages.GetAsyncEnumerator(cancellationToken)
            : throw new InvalidOperationException("a stream is the reply to one job, and this one was another's already");

    /// <summary>Nobody takes it.</summary>
    internal void Discard()
    {
        if (Interlocked.Exchange(ref _isTaken, 1) == 0 && _bytes is not null)
        {
            _ = Task.Run(() => _bytes.DisposeAsync().AsTask());
        }
    }

    private static async IAsyncEnumerable<object> AsObjects<T>(
        IAsyncEnumerable<T> messages, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where T : notnull
    {
        await foreach (var message in messages.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return message;
        }
    }

    private static async IAsyncEnumerable<object> Pieces(
        Stream bytes, int pieceBytes, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using (bytes.ConfigureAwait(false))
        {
            var piece = new byte[pieceBytes];
            int length;
            while ((length = await bytes.ReadAsync(piece, cancellationToken).ConfigureAwait(false)) > 0)
            {
                yield return piece.AsSpan(0, length).ToArray();
            }
        }
    }
}
