using System.Diagnostics.CodeAnalysis;

namespace AkkaLb.Core.Balancing;

/// <summary>Reports that ran ahead of their registry event: one per worker id, bounded in number and age.</summary>
/// <remarks>One is kept for one lease TTL, after which its worker would be gone again anyway.</remarks>
/// <param name="limits">How long one is kept, and how many are at most.</param>
internal sealed class EarlyReports(BalancerLimits limits)
{
    private readonly Dictionary<string, Early> _byId = new(StringComparer.Ordinal);

    public int Count => _byId.Count;

    /// <summary>Keeps the report; false when there is no room.</summary>
    public bool TryHold(MemoryReport report, TimeSpan now)
    {
        if (_byId.TryGetValue(report.Worker.Id, out var held))
        {
            // Of one incarnation the newest counts; of two, the one that spoke last.
            if (held.Report.Worker != report.Worker || held.Report.Sequence < report.Sequence)
            {
                _byId[report.Worker.Id] = new Early(report, now);
            }

            return true;
        }

        if (_byId.Count >= limits.EarlyReportsMax)
        {
            Expire(now);
        }

        return _byId.Count < limits.EarlyReportsMax && _byId.TryAdd(report.Worker.Id, new Early(report, now));
    }

    /// <summary>Hands out, and forgets, the report of a worker that has now appeared.</summary>
    public bool TryTake(WorkerKey worker, TimeSpan now, [MaybeNullWhen(false)] out MemoryReport report, out TimeSpan receivedAt)
    {
        if (_byId.TryGetValue(worker.Id, out var held) && held.Report.Worker == worker)
        {
            _byId.Remove(worker.Id);
            (report, receivedAt) = (held.Report, held.ReceivedAt);
            return now - receivedAt < limits.EarlyReportHold;
        }

        (report, receivedAt) = (null, default);
        return false;
    }

    private void Expire(TimeSpan now)
    {
        foreach (var (id, held) in _byId)
        {
            if (now - held.ReceivedAt >= limits.EarlyReportHold)
            {
                _byId.Remove(id);
            }
        }
    }

    private readonly record struct Early(MemoryReport Report, TimeSpan ReceivedAt);
}
