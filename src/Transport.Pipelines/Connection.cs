using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace AkkaLb.Transport.Pipelines;

/// <summary>One connection as Akka.Remote sees it: one loop that reads, one that sends, and a close that loses nothing of what was written.</summary>
/// <remarks>
/// <para>Nothing is read before there is a listener: what comes earlier waits in the kernel, in order. The listener hears once that it is over,
/// after everything else, whoever ended it.</para>
/// <para>A disassociation closes one direction: what was written goes out, then the other side learns that no more comes, and what it still sends is
/// read and dropped until it has closed too. A full close would have its kernel throw away what it has not read yet.</para>
/// </remarks>
internal sealed class Connection : AssociationHandle
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly ConnectionLimits _limits;
    private readonly Action<Connection, string, string>? _onTrouble;
    private readonly Outbox _outbox;
    private readonly CancellationTokenSource _aborting = new();
    private int _isDisassociated;
    private bool _hasRead;

    /// <param name="stream">The socket's, with TLS or without; the connection owns both.</param>
    /// <param name="onTrouble">Told, once at most, why the connection ended, where that is not the usual course of things: the cause, which is the
    /// same whatever the other side said, and a sentence.</param>
    /// <param name="isDialled">This node has dialled, so Akka speaks first. Where its first word is refused it tries that again for ever, and passes
    /// over the end that it is told of meanwhile: so that word is taken also behind the end.</param>
    public Connection(
        Address local, Address remote, Socket socket, Stream stream, ConnectionLimits limits, Action<Connection, string, string>? onTrouble,
        bool isDialled = false)
        : base(local, remote)
    {
        (_socket, _stream, _limits, _onTrouble) = (socket, stream, limits, onTrouble);
        _outbox = new Outbox(limits.OutboxBytesMax, isFirstTaken: isDialled);
        // Whoever names the listener is an actor: it must not find itself reading, which it would do for as long as there is something to read.
        ReadHandlerSource = new TaskCompletionSource<IHandleEventListener>(TaskCreationOptions.RunContinuationsAsynchronously);
        Ended = RunAsync();
    }

    /// <summary>Both directions are closed and the socket is disposed. Never fails.</summary>
    public Task Ended { get; }

    /// <summary>Whether the other side has said anything yet.</summary>
    public bool HasRead => Volatile.Read(ref _hasRead);

    /// <summary>What the kernel knows of it.</summary>
    public Socket Socket => _socket;

    /// <returns>False: too much is waiting to be sent already, or the connection is being closed; never for the first one.</returns>
    public override bool Write(ByteString payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        return _outbox.TryAdd(payload);
    }

#pragma warning disable CS0672 // Akka calls this form at the end of the other one.
    public override void Disassociate() => Close();
#pragma warning restore CS0672

    /// <summary>Sends what was written, and ends. When this returns nothing more can be written, also where another thread closes it at the same
    /// time.</summary>
    public void Close()
    {
        var isFirst = Interlocked.Exchange(ref _isDisassociated, 1) == 0;
        _outbox.Close();
        if (isFirst)
        {
            EndWithin(_limits.LingerFor);
        }
    }

    private void EndWithin(TimeSpan time)
    {
        try
        {
            _aborting.CancelAfter(time);
        }
        catch (ObjectDisposedException)
        {
            // It has ended.
        }
    }

    private async Task RunAsync()
    {
        // The constructor's caller has not seen this connection yet.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await using var aborted = _aborting.Token.UnsafeRegister(static self => ((Connection)self!).CloseNow(), this);
        var sending = SendAsync();
        try
        {
            var listener = await ListenerAsync().ConfigureAwait(false);
            var info = listener is null ? DisassociateInfo.Unknown : await ReceiveAsync(listener).ConfigureAwait(false);
            Close();
            Tell(listener, new Disassociated(info));
            await sending.ConfigureAwait(false);
        }
        finally
        {
            CloseNow();
            _aborting.Dispose();
        }
    }

    /// <summary>Null: none came in time.</summary>
    private async Task<IHandleEventListener?> ListenerAsync()
    {
        try
        {
            return await ReadHandlerSource.Task.WaitAsync(_limits.ListenerWithin, TimeProvider.System, _aborting.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Also the listener that comes after the end hears of it.</summary>
    private void Tell(IHandleEventListener? listener, Disassociated end)
    {
        if (listener is not null)
        {
            listener.Notify(end);
            return;
        }

        _ = TellLateAsync();

        async Task TellLateAsync() => (await ReadHandlerSource.Task.ConfigureAwait(false)).Notify(end);
    }

    /// <summary>Until the other side sends no more.</summary>
    private async Task<DisassociateInfo> ReceiveAsync(IHandleEventListener listener)
    {
        var reader = PipeReader.Create(
            _stream, new StreamPipeReaderOptions(bufferSize: _limits.ReadBufferBytes, leaveOpen: true, useZeroByteReads: true));
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync().ConfigureAwait(false);
                var buffer = read.Buffer;
                while (Frames.WholeBytes(buffer, _limits.PayloadBytesMax) is var whole and > 0)
                {
                    // A copy: it is decoded later, when the buffer has other content.
                    Deliver(listener, buffer.Slice(0, whole).ToArray());
                    buffer = buffer.Slice(whole);
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                {
                    TellIfHungUp();
                    return DisassociateInfo.Unknown;
                }
            }
        }
        catch (FrameException e)
        {
            Trouble("frames", e.Message);
            // Nothing that comes can be read any more, and it may be without an end.
            await _aborting.CancelAsync().ConfigureAwait(false);
            return DisassociateInfo.Unknown;
        }
        catch (Exception e) when (IsConnectionLoss(e))
        {
            TellIfHungUp();
            // As the standard transport has it.
            return e.GetBaseException() is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted
                or SocketError.OperationAborted }
                ? DisassociateInfo.Shutdown
                : DisassociateInfo.Unknown;
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Since TLS 1.3 the side that dials takes a handshake for complete before the other one has judged its certificate.</summary>
    private void TellIfHungUp()
    {
        if (_stream is SslStream && !HasRead && Volatile.Read(ref _isDisassociated) == 0 && !_aborting.IsCancellationRequested)
        {
            Trouble("refusal", "it hung up behind the TLS handshake: its log tells whether it refuses this node's certificate");
        }
    }

    private void Deliver(IHandleEventListener listener, ReadOnlyMemory<byte> frames)
    {
        Volatile.Write(ref _hasRead, true);
        if (Volatile.Read(ref _isDisassociated) != 0)
        {
            return;
        }

        while (Frames.TryTake(ref frames, out var payload))
        {
            listener.Notify(new InboundPayload(payload));
        }
    }

    /// <summary>Until the outbox is closed and empty; then the other side learns that no more comes.</summary>
    private async Task SendAsync()
    {
        var reader = _outbox.Reader;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync().ConfigureAwait(false);
                foreach (var segment in read.Buffer)
                {
                    await SendAsync(segment).ConfigureAwait(false);
                }

                var bytes = read.Buffer.Length;
                reader.AdvanceTo(read.Buffer.End);
                _outbox.Sent(bytes);
                if (read.IsCompleted)
                {
                    break;
                }
            }

            // Without TLS's own goodbye: it would meet a record that comes at that moment in one object of OpenSSL, which is not made for that.
            // Frames have a length, and Akka says goodbye itself, so nobody takes a cut for the end of what was said.
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (IsConnectionLoss(e))
        {
            // The reading side meets the same, and tells; where it does not, nothing more can be said to the other side all the same.
            EndWithin(_limits.LingerFor);
        }
        catch (TimeoutException)
        {
            Trouble("stalled", $"it took nothing of what was sent to it for {_limits.StalledFor.TotalSeconds:0} s");
            await _aborting.CancelAsync().ConfigureAwait(false);
        }
        finally
        {
            _outbox.Close();
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> segment)
    {
        var write = _stream.WriteAsync(segment);
        return write.IsCompletedSuccessfully ? write : new ValueTask(WithinAsync(write.AsTask()));

        async Task WithinAsync(Task writing)
        {
            try
            {
                await writing.WaitAsync(_limits.StalledFor, TimeProvider.System).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // It fails when the socket is closed, and nobody waits for it any more.
                _ = writing.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                throw;
            }
        }
    }

    private void Trouble(string cause, string sentence) => _onTrouble?.Invoke(this, cause, sentence);

    private void CloseNow()
    {
        _outbox.Close();
        _socket.Dispose();
        _stream.Dispose();
    }

    /// <summary>Whatever a stream throws ends its connection and nothing else; TLS throws types of its own.</summary>
    private static bool IsConnectionLoss(Exception e) => e is not (FrameException or TimeoutException);
}

/// <summary>What bounds a connection.</summary>
/// <param name="PayloadBytesMax">The longest payload that is read.</param>
/// <param name="OutboxBytesMax">How much may wait to be sent.</param>
/// <param name="ReadBufferBytes">How much is read at once.</param>
/// <param name="ListenerWithin">How soon there has to be somebody who listens.</param>
/// <param name="LingerFor">How long a disassociated connection may take to send what it has, and the other side to close.</param>
/// <param name="StalledFor">How long the other side may take nothing while something waits to be sent.</param>
internal sealed record ConnectionLimits(
    int PayloadBytesMax, int OutboxBytesMax, int ReadBufferBytes, TimeSpan ListenerWithin, TimeSpan LingerFor, TimeSpan StalledFor);
