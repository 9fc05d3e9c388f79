using System.Threading.Channels;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>Reads a watch in the background, keeps every event, and follows who is a member as a balancer would.</summary>
internal sealed class WatchProbe : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Watched<Member>> _events = Channel.CreateUnbounded<Watched<Member>>();
    private readonly Dictionary<string, Member> _members = [];
    private readonly Task _reading;

    public WatchProbe(IWorkerRegistry registry) => _reading = ReadAsync(registry);

    /// <summary>All events taken from the watch so far.</summary>
    public List<Watched<Member>> Seen { get; } = [];

    /// <summary>What was read whole.</summary>
    public IEnumerable<Watched<Member>.Known> Reads => Seen.OfType<Watched<Member>.Known>().Where(k => k.Changes is null);

    public IEnumerable<Watched<Member>.Known> Told => Seen.OfType<Watched<Member>.Known>().Where(k => k.Changes is not null);

    public IEnumerable<KeyChange<Member>> Changes => Told.SelectMany(c => c.Changes!);

    public IEnumerable<string> Members => _members.Values.OrderBy(m => m.RegistrationOrder).Select(m => m.Worker.Id);

    /// <summary>The next event of this kind; those before it are passed over, but kept in <see cref="Seen"/>.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool>? isWanted = null)
        where T : Watched<Member>
    {
        while (true)
        {
            if (await TakeAsync() is T wanted && isWanted?.Invoke(wanted) != false)
            {
                return wanted;
            }
        }
    }

    /// <summary>The next time that everything was read.</summary>
    public Task<Watched<Member>.Known> NextReadAsync() => NextAsync<Watched<Member>.Known>(k => k.Changes is null);

    public Task<Watched<Member>.Known> NextChangeAsync() => NextAsync<Watched<Member>.Known>(k => k.Changes is not null);

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

    private async Task<Watched<Member>> TakeAsync()
    {
        using var bound = Bound.New();
        var e = await _events.Reader.ReadAsync(bound.Token);
        Seen.Add(e);
        Follow(e);
        return e;
    }

    private void Follow(Watched<Member> e)
    {
        if (e is not Watched<Member>.Known known)
        {
            return;
        }

        if (known.Changes is not { } changes)
        {
            _members.Clear();
            known.All.ToList().ForEach(m => _members.Add(m.Worker.Id, m));
            return;
        }

        foreach (var (id, member) in changes)
        {
            if (member is not null)
            {
                _members[id] = member;
            }
            else
            {
                Assert.True(_members.Remove(id), $"{id} was removed and was no member");
            }
        }

        Assert.Equal(_members.Values.OrderBy(m => m.RegistrationOrder), known.All);
    }

    private async Task ReadAsync(IWorkerRegistry registry)
    {
        try
        {
            await foreach (var e in registry.WatchAsync(protocol: null, _stop.Token))
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
