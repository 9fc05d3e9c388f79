using System.IO.Pipelines;
using Google.Protobuf;

namespace AkkaLb.Transport.Pipelines;

/// <summary>Frames on their way to one connection: anybody puts them in, one sender takes out all there is at once, until it is empty.
/// Bounded.</summary>
/// <remarks>Nothing waits for more frames to come: whatever gathers while a write is under way goes with the next one.</remarks>
internal sealed class Outbox
{
    /// <summary>A buffer of the pipe: most of what gathers is sent with one call.</summary>
    private const int SegmentBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly Pipe _pipe;
    private readonly int _bytesMax;
    private long _bytes;
    private bool _isClosed;
    private bool _isNextTaken;

    /// <param name="bytesMax">How much may wait; one frame always fits into an empty outbox.</param>
    /// <param name="isFirstTaken">Whether the first frame is taken also when the outbox is closed, and lost.</param>
    public Outbox(int bytesMax, bool isFirstTaken = false)
    {
        (_bytesMax, _isNextTaken) = (bytesMax, isFirstTaken);
        // It bounds itself: a pipe's own bound makes whoever writes wait, and nobody here can. The sender wakes on a thread of its own: on that of
        // the actor that writes, each message would go out alone.
        _pipe = new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.ThreadPool, pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: SegmentBytes,
            useSynchronizationContext: false));
    }

    /// <summary>The sender's end.</summary>
    public PipeReader Reader => _pipe.Reader;

    /// <returns>False: it is full, or closed, and the frame is not in it.</returns>
    public bool TryAdd(ByteString payload)
    {
        var length = Frames.HeaderBytes + payload.Length;
        lock (_lock)
        {
            var isTaken = _isNextTaken;
            _isNextTaken = false;
            if (_isClosed)
            {
                return isTaken;
            }

            var bytes = Volatile.Read(ref _bytes);
            if (bytes > 0 && bytes + length > _bytesMax)
            {
                return false;
            }

            Frames.Write(payload.Span, _pipe.Writer.GetSpan(length));
            _pipe.Writer.Advance(length);
            Interlocked.Add(ref _bytes, length);
            // Wakes the sender if it sleeps; never waits, see the constructor.
#pragma warning disable CA2012
            _ = _pipe.Writer.FlushAsync();
#pragma warning restore CA2012
        }

        return true;
    }

    /// <summary>The sender has sent so much.</summary>
    public void Sent(long bytes) => Interlocked.Add(ref _bytes, -bytes);

    /// <summary>Nothing more goes in; the sender comes to an end after what is in.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                _isClosed = true;
                _pipe.Writer.Complete();
            }
        }
    }
}
