using System.Threading.Channels;
using Akka.Actor;
using AkkaLb.Core;

namespace AkkaLb.Messages.Tests;

/// <summary>In another process, unless it says otherwise.</summary>
internal sealed class BatchPeer(ExtendedActorSystem system) : MinimalActorRef
{
    private readonly Channel<object> _came = Channel.CreateUnbounded<object>();

    public List<object> Got { get; } = [];

    public bool IsHere { get; init; }

    public override ActorPath Path { get; } =
        new RootActorPath(Address.Parse("akka.tcp://AkkaLb@127.0.0.1:1")) / "user" / Guid.NewGuid().ToString();

    public override IActorRefProvider Provider => system.Provider;

    public override bool IsLocal => IsHere;

    /// <summary>The sequences of what it got since the last time; those of one batch with a plus between.</summary>
    public string Taken()
    {
        var taken = string.Join(' ', Got.Select(TextOf));
        Got.Clear();
        return taken;
    }

    /// <summary>The same of what comes next.</summary>
    public async Task<string> NextAsync(CancellationToken patience) => TextOf(await _came.Reader.ReadAsync(patience));

    protected override void TellInternal(object message, IActorRef sender)
    {
        Got.Add(message);
        _came.Writer.TryWrite(message);
    }

    private static string TextOf(object message) => string.Join('+', Batch.MessagesIn(message).Select(SequenceOf));

    private static long SequenceOf(object message) => message switch
    {
        CancelJob m => m.Id.Sequence,
        JobDone m => m.Id.Sequence,
        JobFailed m => m.Id.Sequence,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
