namespace AkkaLb.Remoting;

/// <summary>How a part of an application ended: the first reason counts.</summary>
internal sealed class PartEnd
{
    private readonly TaskCompletionSource<string?> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with a sentence that says why it is of no use any more, or with null when it was told to end.</summary>
    public Task<string?> Task => _told.Task;

    /// <summary>It ends when this completes, with its sentence.</summary>
    public void With(Task<string> trouble) => trouble.ContinueWith(
        told => _told.TrySetResult(told.GetAwaiter().GetResult()), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion,
        TaskScheduler.Default);

    /// <summary>It was told to end.</summary>
    public void Done() => _told.TrySetResult(null);
}
