using Akka.Remote.Transport;
using Google.Protobuf;

namespace AkkaLb.Remoting.Tls;

/// <summary>A connection that we opened, which tells when the other side says its first word.</summary>
internal sealed class FirstWordHandle : AssociationHandle
{
    private readonly AssociationHandle _inner;

    /// <param name="onOpen">Called at once with a task that ends with the first word.</param>
    public FirstWordHandle(AssociationHandle inner, Action<Task> onOpen)
        : base(inner.LocalAddress, inner.RemoteAddress)
    {
        _inner = inner;
        var spoken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ReadHandlerSource.Task.ContinueWith(
            async listener => inner.ReadHandlerSource.SetResult(new Listener(await listener.ConfigureAwait(false), spoken)),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        onOpen(spoken.Task);
    }

    public override bool Write(ByteString payload) => _inner.Write(payload);

#pragma warning disable CS0618, CS0672 // Akka still calls both forms.
    public override void Disassociate() => _inner.Disassociate();
#pragma warning restore CS0618, CS0672

    private sealed class Listener(IHandleEventListener inner, TaskCompletionSource spoken) : IHandleEventListener
    {
        public void Notify(IHandleEvent ev)
        {
            if (ev is InboundPayload)
            {
                spoken.TrySetResult();
            }

            inner.Notify(ev);
        }
    }
}
