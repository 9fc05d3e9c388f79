using System.Threading.Channels;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>Reads a watch in the background, keeps every event, and follows who is a member as a balancer would.</summary>
internal sealed class WatchProbe : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<RegistryEvent> _events = Channel.CreateUnbounded<RegistryEvent>();
    private readonly Dictionary<string, Member> _members = [];
    private readonly Task _reading;

    public WatchProbe(IWorkerRegistry registry) => _reading = ReadAsync(registry);

    /// <summary>All events taken from the watch so far.</summary>
    public List<RegistryEvent> Seen { get; } = [];

    public IEnumerable<MemberChange> Changes => Seen.OfType<RegistryEvent.Changed>().SelectMany(c => c.Changes);

    public IEnumerable<string> Members => _members.Values.OrderBy(m => m.RegistrationOrder).Select(m => m.Worker.Id);

    /// <summary>The next event of this kind; those before it are passed over, but kept in <see cref="Seen"/>.</summary>
    public async Task<T> NextAsync<T>()
        where T : RegistryEvent
    {
        while (true)
        {
            if (await TakeAsync() is T wanted)
            {
                return wanted;
            }
        }
    }

    /// <summary>Takes events until exactly these are the members, in this order.</summary>
    public async Task UntilMembersAreAsync(params string[] ids)
    {
        while (!Members.SequenceEqual(ids))
        {
            await TakeAsync();
        }
    }

    /// <summary>Cancels the watch and waits until it has ended.</summary>
    /// <returns>How it ended.</returns>
    public async Task<Exception?> CancelAsync()
    {
        await _stop.CancelAsync();
        return await Record.ExceptionAsync(() => _reading);
    }

    public async ValueTask DisposeAsync()
    {
        await CancelAsync();
        _stop.Dispose();
    }

    private async Task<RegistryEvent> TakeAsync()
    {
        using var bound = Bound.New();
        var e = await _events.Reader.ReadAsync(bound.Token);
        Seen.Add(e);
        Follow(e);
        return e;
    }

    private void Follow(RegistryEvent e)
    {
        if (e is RegistryEvent.Snapshot snapshot)
        {
            _members.Clear();
            snapshot.Members.ToList().ForEach(m => _members.Add(m.Worker.Id, m));
        }
        else if (e is RegistryEvent.Changed changed)
        {
            foreach (var change in changed.Changes)
            {
                if (change is MemberChange.Put put)
                {
                    _members[put.Member.Worker.Id] = put.Member;
                }
                else if (change is MemberChange.Removed removed)
                {
                    Assert.True(_members.Remove(removed.WorkerId), $"{removed.WorkerId} was removed and was no member");
                }
            }
        }
    }

    private async Task ReadAsync(IWorkerRegistry registry)
    {
        try
        {
            await foreach (var e in registry.WatchAsync(_stop.Token))
            {
                await _events.Writer.WriteAsync(e);
            }
        }
        catch (Exception e)
        {
            _events.Writer.Complete(e);
            throw;
        }
    }
}
