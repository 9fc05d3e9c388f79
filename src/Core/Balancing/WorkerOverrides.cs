using AkkaLb.Watching;

namespace AkkaLb.Core.Balancing;

/// <summary>What operators want of workers, registered or not, as the registry told it last. Shared by the services of one balancer; not
/// thread-safe.</summary>
/// <remarks>A value that cannot be read changes nothing: the order that was read there before stays until the key is deleted or holds one that can
/// be read. So nobody gives a worker in maintenance jobs by a wrong write. Where no order was read before, none counts: else whoever can write wrong
/// values could take away workers.</remarks>
public sealed class WorkerOverrides
{
    private readonly Dictionary<string, WorkerOverride> _byWorker = new(StringComparer.Ordinal);

    /// <summary>All of them, in no order.</summary>
    public IReadOnlyCollection<WorkerOverride> All => _byWorker.Values;

    /// <summary>Null: nothing is wanted of it.</summary>
    public WorkerOverride? Of(string workerId) => _byWorker.GetValueOrDefault(workerId);

    /// <summary>Takes what the registry told.</summary>
    /// <returns>Whose have changed, by name.</returns>
    public IReadOnlyList<string> Apply(Watched<OverrideSight>.Known known)
    {
        ArgumentNullException.ThrowIfNull(known);
        var changes = known.Changes?.Select(change => (change.Id, change.Item)).ToList();
        if (changes is null)
        {
            var stays = known.All.Select(o => o.WorkerId).ToHashSet(StringComparer.Ordinal);
            changes = [.. _byWorker.Keys.Where(id => !stays.Contains(id)).Select(id => (id, (OverrideSight?)null))];
            changes.AddRange(known.All.Select(o => (o.WorkerId, (OverrideSight?)o)));
        }

        var changed = new List<string>();
        foreach (var (id, sight) in changes)
        {
            var wanted = sight is { Wanted: null } ? Of(id) : sight?.Wanted;
            if (Of(id) == wanted)
            {
                continue;
            }

            changed.Add(id);
            if (wanted is null)
            {
                _byWorker.Remove(id);
            }
            else
            {
                _byWorker[id] = wanted;
            }
        }

        changed.Sort(StringComparer.Ordinal);
        return changed;
    }
}
