using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Client;

/// <summary>Tells a caller how far its job is, on the thread pool: one after another, and the newest where the caller is slower than the
/// job.</summary>
internal sealed class ProgressTeller(ExtendedActorSystem system, IProgress<object> progress) : IThreadPoolWorkItem
{
    private Payload? _newest;
    private int _isTelling;
    private bool _hasFailed;
    private volatile bool _isOver;

    public void Tell(Payload payload)
    {
        Interlocked.Exchange(ref _newest, payload);
        if (Interlocked.Exchange(ref _isTelling, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>The job has ended.</summary>
    public void Stop() => _isOver = true;

    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            while (Interlocked.Exchange(ref _newest, null) is { } payload)
            {
                Report(payload);
            }

            Interlocked.Exchange(ref _isTelling, 0);
        }
        while (Volatile.Read(ref _newest) is not null && Interlocked.Exchange(ref _isTelling, 1) == 0);
    }

    private void Report(Payload payload)
    {
        try
        {
            if (!_isOver)
            {
                progress.Report(Payloads.Unwrap(system, payload));
            }
        }
#pragma warning disable CA1031 // It is the caller's, and may throw anything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!_hasFailed)
            {
                _hasFailed = true;
                system.Log.Warning("progress of a job could not be told to its caller: {0}", ExceptionText.Of(e).Details);
            }
        }
    }
}
