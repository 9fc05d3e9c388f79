using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Clients;

namespace AkkaLb.Messages;

/// <summary>What an actor has to tell others that take batches, until it has handled what was in its mailbox: see <see cref="Batch"/>.</summary>
/// <remarks>Nothing waits for a timer. Whoever gets one message only gets it as it is. Messages to one peer stay in order.</remarks>
internal sealed class PeerOutbox(IActorRef self, WireSerializer serializer)
{
    /// <summary>So many at most wait for one peer.</summary>
    private const int CountMax = 64;

    private const int SpareMax = 16;

    private readonly Dictionary<IActorRef, List<IAkkaLbMessage>> _waiting = [];

    /// <summary>Lists that are used again.</summary>
    private readonly Stack<List<IAkkaLbMessage>> _spare = new();

    public bool IsEmpty => _waiting.Count == 0;

    /// <param name="peer">One in the same process is told at once.</param>
    public void Send(IActorRef peer, IAkkaLbMessage message, bool takesBatches)
    {
        if (peer is IInternalActorRef { IsLocal: true })
        {
            peer.Tell(message, self);
            return;
        }

        if (!takesBatches || PayloadBytes(message) > Batch.MessageBytesMax)
        {
            Flush(peer);
            peer.Tell(message, self);
            return;
        }

        if (!_waiting.TryGetValue(peer, out var messages))
        {
            _waiting.Add(peer, messages = _spare.TryPop(out var spare) ? spare : []);
        }

        messages.Add(message);
        if (messages.Count == CountMax)
        {
            Flush(peer);
        }
    }

    /// <summary>Tells everybody what waits.</summary>
    public void Flush()
    {
        while (_waiting.Count > 0)
        {
            Flush(_waiting.First().Key);
        }
    }

    /// <summary>Tells this one what waits for it.</summary>
    public void Flush(IActorRef peer)
    {
        if (_waiting.Remove(peer, out var messages))
        {
            Tell(peer, messages);
        }
    }

    private void Tell(IActorRef peer, List<IAkkaLbMessage> messages)
    {
        Questions.Join(messages);
        if (messages.Count == 1)
        {
            peer.Tell(messages[0], self);
        }
        else
        {
            TellPacked(peer, messages);
        }

        messages.Clear();
        if (_spare.Count < SpareMax)
        {
            _spare.Push(messages);
        }
    }

    private void TellPacked(IActorRef peer, List<IAkkaLbMessage> messages)
    {
        var (packed, bytes) = (new List<Batch.Packed>(messages.Count), 0);
        foreach (var message in messages)
        {
            if (serializer.TryPack(message) is not { } one)
            {
                // Whoever sends it says what is wrong with it, as with any message.
                TellPacked();
                peer.Tell(message, self);
                continue;
            }

            if (bytes + one.Bytes.Length > Batch.BytesMax)
            {
                TellPacked();
            }

            if (one.Bytes.Length > Batch.MessageBytesMax)
            {
                TellPacked();
                peer.Tell(message, self);
                continue;
            }

            packed.Add(one);
            bytes += one.Bytes.Length;
        }

        TellPacked();

        void TellPacked()
        {
            if (packed.Count > 0)
            {
                peer.Tell(packed.Count == 1 ? packed[0].Message : new Batch(packed), self);
                (packed, bytes) = ([], 0);
            }
        }
    }

    private static int PayloadBytes(IAkkaLbMessage message) => message switch
    {
        Job m => m.Message.Data.Length,
        JobDone m => m.Reply.Data.Length,
        JobProgress m => m.Progress.Data.Length,
        _ => 0,
    };
}
