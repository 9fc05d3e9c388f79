namespace AkkaLb.Core.Clients;

/// <summary>Pending jobs by the time they want to be looked at.</summary>
/// <remarks>An entry that no longer matches its job's <see cref="PendingJob.WakeAt"/> is dead weight: skipped when it comes up, and swept out
/// when dead entries are more than three quarters of a large queue, so that quick jobs with far deadlines do not pile up. A
/// <see cref="Machines.DueQueue{TKey}"/>, which moves an entry each time, made a whole job of the client take twice as long.</remarks>
internal sealed class WakeQueue
{
    private const int SweepFrom = 4096;

    private readonly PriorityQueue<PendingJob, TimeSpan> _queue = new();

    /// <summary>Entries, dead ones included.</summary>
    public int Count => _queue.Count;

    /// <summary>No job wants to be looked at before this; null when none does at all.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            while (_queue.TryPeek(out var job, out var at))
            {
                if (IsAlive(job, at))
                {
                    return at;
                }

                _queue.Dequeue();
            }

            return null;
        }
    }

    public void Set(PendingJob job, TimeSpan at, int aliveCount)
    {
        job.WakeAt = at;
        _queue.Enqueue(job, at);
        if (_queue.Count > SweepFrom && _queue.Count > aliveCount * 4)
        {
            Sweep();
        }
    }

    public bool TryTakeDue(TimeSpan now, out PendingJob job)
    {
        while (_queue.TryPeek(out var first, out var at) && at <= now)
        {
            _queue.Dequeue();
            if (IsAlive(first, at))
            {
                // Set twice to the same time it has two living entries; it comes up once all the same.
                first.WakeAt = TimeSpan.MinValue;
                job = first;
                return true;
            }
        }

        job = null!;
        return false;
    }

    private static bool IsAlive(PendingJob job, TimeSpan at) => !job.IsOver && job.WakeAt == at;

    private void Sweep()
    {
        var alive = _queue.UnorderedItems.Where(x => IsAlive(x.Element, x.Priority)).Distinct().ToList();
        _queue.Clear();
        _queue.EnqueueRange(alive);
    }
}
