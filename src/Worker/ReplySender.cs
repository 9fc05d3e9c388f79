using System.Runtime.Serialization;
using System.Text;
using System.Threading.Channels;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Worker;

/// <summary>Sends a reply in pieces, on threads where users' code may block, as far as its client takes them.</summary>
internal sealed class ReplySender
{
    private readonly Channel<long> _credits = Channel.CreateBounded<long>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly ReplyTally _tally = new();
    private readonly ExtendedActorSystem _system;
    private readonly Job _job;
    private readonly IActorRef _client;
    private readonly IActorRef _gate;
    private readonly int _pieceBytesMax;
    private readonly CancellationToken _cancelled;
    private readonly object _begun;
    private long _upTo = ReplyTally.FirstCredit;

    /// <param name="gate">As whom it sends. It is told <paramref name="begun"/> when the first piece is sent.</param>
    /// <param name="pieceBytesMax">What a frame can carry.</param>
    /// <param name="cancelled">Nobody wants the rest.</param>
    public ReplySender(
        ExtendedActorSystem system, Job job, IActorRef client, IActorRef gate, object begun, int pieceBytesMax, CancellationToken cancelled) =>
        (_system, _job, _client, _gate, _begun, _pieceBytesMax, _cancelled) = (system, job, client, gate, begun, pieceBytesMax, cancelled);

    /// <summary>The client takes more.</summary>
    /// <param name="upTo">See <see cref="TakeReply.UpTo"/>; less than before means nothing.</param>
    public void Allow(long upTo) => _credits.Writer.TryWrite(upTo);

    /// <summary>Sends everything, and completes with how it ended; it does not fail.</summary>
    /// <param name="scheduler">Of those threads. What is awaited comes back to it.</param>
    public Task<Ended> RunAsync(ReplyContent content, TaskScheduler scheduler) => Task.Factory.StartNew(
        async () =>
        {
            try
            {
                await (content switch
                {
                    ReplyContent.Message m => SendAsync(m.Payload),
                    ReplyContent.Streamed m => SendAsync(m.Stream),
                    _ => throw new ArgumentException($"{content.GetType().Name} is not sent in pieces", nameof(content)),
                }).ConfigureAwait(true);
                return new Ended(_tally.End, null, IsUnsendable: false);
            }
#pragma warning disable CA1031 // What makes the messages is the user's, and may throw anything.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return new Ended(_tally.End, ExceptionText.Of((e as UnsendableException)?.InnerException ?? e), e is UnsendableException);
            }
        },
        CancellationToken.None,
        TaskCreationOptions.DenyChildAttach,
        scheduler).Unwrap();

    private async Task SendAsync(Payload whole)
    {
        var length = whole.Data.Length;
        if (Encoding.UTF8.GetByteCount(whole.Manifest) >= _pieceBytesMax)
        {
            throw new UnsendableException("its manifest does not fit a frame");
        }

        for (var sent = 0; sent < length;)
        {
            var manifest = sent == 0 ? whole.Manifest : "";
            var bytes = Math.Min(length - sent, _pieceBytesMax - (sent == 0 ? Encoding.UTF8.GetByteCount(manifest) : 0));
            await CreditAsync().ConfigureAwait(true);
            Send(new Payload(whole.SerializerId, manifest, whole.Data.Slice(sent, bytes)), sent == 0 ? length : 0);
            sent += bytes;
        }
    }

    private async Task SendAsync(ReplyStream stream)
    {
        var messages = stream.Start(_cancelled);
        await using (messages.ConfigureAwait(true))
        {
            while (true)
            {
                await CreditAsync().ConfigureAwait(true);
                if (!await messages.MoveNextAsync().ConfigureAwait(true))
                {
                    return;
                }

                Send(Wrap(messages.Current), 0);
            }
        }
    }

    private Payload Wrap(object message)
    {
        try
        {
            return Payloads.Wrap(_system, message, _pieceBytesMax);
        }
        catch (Exception e)
        {
            // A serializer of the user's may throw anything.
            throw new UnsendableException(e.Message, e);
        }
    }

    private void Send(Payload piece, int length)
    {
        _cancelled.ThrowIfCancellationRequested();
        var number = _tally.Next;
        _tally.Add(piece);
        _client.Tell(new ReplyPiece(_job.Id, _job.Attempt, number, piece, length), _gate);
        if (number == 1)
        {
            _gate.Tell(_begun, ActorRefs.NoSender);
        }
    }

    private async ValueTask CreditAsync()
    {
        while (_tally.Cost >= _upTo)
        {
            // No client takes more than a window beyond what was sent, and one that says so may not have this worker's memory.
            var upTo = await _credits.Reader.ReadAsync(_cancelled).ConfigureAwait(true);
            _upTo = Math.Max(_upTo, Math.Min(upTo, _tally.Cost + ReplyTally.Window));
        }
    }

    /// <param name="End">What was sent.</param>
    /// <param name="Trouble">Why it broke off; null: it did not.</param>
    /// <param name="IsUnsendable">A message of it cannot be sent.</param>
    public sealed record Ended(ReplyEnd End, ExceptionText? Trouble, bool IsUnsendable);

    private sealed class UnsendableException(string message, Exception? cause = null) : SerializationException(message, cause);
}
