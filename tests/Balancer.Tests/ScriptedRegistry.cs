using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Registration;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.Balancer.Tests;

/// <summary>A registry whose watches say what the test writes. Only watching works.</summary>
internal sealed class ScriptedRegistry : IWorkerRegistry
{
    private readonly Channel<Watch> _opened = Channel.CreateUnbounded<Watch>();

    public int OpenedCount { get; private set; }

    /// <summary>What the last watch was opened with.</summary>
    public string? Protocol { get; private set; }

    public async Task<Watch> NextWatchAsync() => await _opened.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public async IAsyncEnumerable<Watched<Member>> WatchAsync(string? protocol, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var watch = new Watch(cancellationToken);
        (OpenedCount, Protocol) = (OpenedCount + 1, protocol);
        _opened.Writer.TryWrite(watch);
        // The token is left to the test: what comes late, after a cancellation, is part of what it checks.
        await foreach (var e in watch.Events.Reader.ReadAllAsync(CancellationToken.None))
        {
            yield return e;
        }
    }

    public Task<RegisterOutcome> RegisterAsync(WorkerRecord worker, TimeSpan ttl, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<KeepAliveOutcome> KeepAliveAsync(long leaseId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> UpdateAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<EntrySight> LookAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> PutBackAsync(long leaseId, WorkerRecord worker, long revision, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task DeregisterAsync(long leaseId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal sealed class Watch(CancellationToken cancelled)
    {
        private IReadOnlyList<Member> _members = [];

        public Channel<Watched<Member>> Events { get; } = Channel.CreateUnbounded<Watched<Member>>();

        public CancellationToken Cancelled => cancelled;

        public void Say(Watched<Member> e) => Assert.True(Events.Writer.TryWrite(e));

        public void Snapshot(long revision, params Member[] members) => Say(new Watched<Member>.Known(revision, _members = members));

        public void Changed(long revision, params KeyChange<Member>[] changes)
        {
            _members = [.. _members.Where(m => !changes.Any(c => c.Id == m.Worker.Id)), .. changes.Select(c => c.Item).OfType<Member>()];
            Say(new Watched<Member>.Known(revision, _members, changes));
        }

        public void End(Exception? why = null) => Events.Writer.Complete(why);
    }
}
