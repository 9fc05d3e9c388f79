using System.Collections.Concurrent;
using System.Threading.Channels;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Registration;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.Worker.Tests;

/// <summary>A registry whose answers the test gives. Only a worker's side of it works.</summary>
internal sealed class ScriptedRegistry : IWorkerRegistry
{
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();

    /// <summary>What each putting back was to replace.</summary>
    public ConcurrentQueue<long> Revisions { get; } = new();

    /// <summary>Whether the worker has asked for something the test has not looked at.</summary>
    public bool HasCalls => _calls.Reader.Count > 0;

    public async Task<Call<TAnswer>> NextAsync<TAnswer>(string name)
    {
        var call = await _calls.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(name, call.Name);
        return (Call<TAnswer>)call;
    }

    public Task<RegisterOutcome> RegisterAsync(WorkerRecord worker, TimeSpan ttl, CancellationToken cancellationToken) =>
        Ask<RegisterOutcome>(new("register", 0, worker, cancellationToken));

    public Task<KeepAliveOutcome> KeepAliveAsync(long leaseId, CancellationToken cancellationToken) =>
        Ask<KeepAliveOutcome>(new("keep alive", leaseId, null, cancellationToken));

    public Task<bool> UpdateAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken) =>
        Ask<bool>(new("update", leaseId, worker, cancellationToken));

    public Task<EntrySight> LookAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken) =>
        Ask<EntrySight>(new("look", leaseId, worker, cancellationToken));

    public Task<bool> PutBackAsync(long leaseId, WorkerRecord worker, long revision, CancellationToken cancellationToken)
    {
        Revisions.Enqueue(revision);
        return Ask<bool>(new("put back", leaseId, worker, cancellationToken));
    }

    public Task DeregisterAsync(long leaseId, CancellationToken cancellationToken) => Ask<bool>(new("deregister", leaseId, null, cancellationToken));

    public IAsyncEnumerable<Watched<Member>> WatchAsync(string? protocol, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<TAnswer> Ask<TAnswer>(Call<TAnswer> call)
    {
        Assert.True(_calls.Writer.TryWrite(call));
        return call.Answered;
    }
}

internal abstract record Call(string Name, long LeaseId, WorkerRecord? Worker, CancellationToken Cancelled);

/// <summary>A request that waits for the test's answer.</summary>
internal sealed record Call<TAnswer>(
    string Name, long LeaseId, WorkerRecord? Worker, CancellationToken Cancelled) : Call(Name, LeaseId, Worker, Cancelled)
{
    // Continuations run inside SetResult, on a thread without a context: when Answer is done, the actor has its message.
    private readonly TaskCompletionSource<TAnswer> _answer = new();

    public Task<TAnswer> Answered => _answer.Task;

    public Task Answer(TAnswer answer) => Task.Run(() => _answer.SetResult(answer));

    public Task Fail(Exception why) => Task.Run(() => _answer.SetException(why));
}
