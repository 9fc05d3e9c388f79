using System.Reflection;
using System.Threading.Channels;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>Keeps what a connection tells.</summary>
/// <param name="onPayload">Called besides.</param>
internal sealed class Recorder(Action<ByteString>? onPayload = null) : IHandleEventListener
{
    private readonly Channel<IHandleEvent> _events = Channel.CreateUnbounded<IHandleEvent>();
    private int _ends;

    /// <summary>How often it heard that the connection is over.</summary>
    public int Ends => Volatile.Read(ref _ends);

    public void Notify(IHandleEvent ev)
    {
        if (ev is InboundPayload { Payload: var payload })
        {
            onPayload?.Invoke(payload);
        }
        else if (ev is Disassociated)
        {
            Interlocked.Increment(ref _ends);
        }

        _events.Writer.TryWrite(ev);
    }

    public async Task<IHandleEvent> NextAsync() => await _events.Reader.ReadAsync().AsTask().WaitAsync(Transports.Bound);

    public async Task<byte[]> PayloadAsync() => Assert.IsType<InboundPayload>(await NextAsync()).Payload.ToByteArray();

    /// <summary>The payloads up to the end, and how it ended.</summary>
    public async Task<(IReadOnlyList<byte[]> Payloads, DisassociateInfo Info)> UntilEndAsync()
    {
        var payloads = new List<byte[]>();
        while (true)
        {
            switch (await NextAsync())
            {
                case InboundPayload { Payload: var payload }:
                    payloads.Add(payload.ToByteArray());
                    break;
                case Disassociated end:
                    return (payloads, InfoOf(end));
            }
        }
    }

    /// <summary>What has come and was not taken yet.</summary>
    public IReadOnlyList<IHandleEvent> Rest()
    {
        var rest = new List<IHandleEvent>();
        while (_events.Reader.TryRead(out var ev))
        {
            rest.Add(ev);
        }

        return rest;
    }

    /// <summary>Akka keeps it to itself.</summary>
    private static DisassociateInfo InfoOf(Disassociated end) => (DisassociateInfo)typeof(Disassociated)
        .GetField("Info", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!.GetValue(end)!;
}
