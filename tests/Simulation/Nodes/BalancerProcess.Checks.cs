using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Simulation.Checks;
using AkkaLb.Watching;

namespace AkkaLb.Simulation.Nodes;

/// <summary>What must hold of its answers and its table.</summary>
internal sealed partial class BalancerProcess
{
    /// <summary>Nobody is named whom this balancer knew to be gone, or to drain, or who was to be left out.</summary>
    private void CheckAssigned(Assigned assigned)
    {
        foreach (var worker in assigned.Workers)
        {
            Run.Clockwork.Note(worker.Worker.Incarnation);
            if (!_told.TryGetValue(worker.Worker.Id, out var record) || record.Incarnation != worker.Worker.Incarnation
                || record.State != WorkerState.Up)
            {
                Run.Violate("names-members-only", $"{Name} named {worker.Worker.Id} (incarnation {worker.Worker.Incarnation}), but had been told of "
                    + $"{(record is null ? "nobody" : record)}");
            }

            if (_assign is { } assign && assign.LeaveOut.Contains(worker.Worker))
            {
                Run.Violate("leaves-out", $"{Name} named {worker.Worker.Id}, which was to be left out");
            }

            if (_assign is { Zone.Length: > 0 } && record is not null)
            {
                Run.Marks.Reach(_assign.Zone == record.Zone ? Mark.AssignedInItsZone : Mark.AssignedBeyondItsZone);
            }

            if (!Run.Etcd.IsUp && Run.Scenario.Registry == "etcd")
            {
                Run.Marks.Reach(Mark.AssignedWhileEtcdWasAway);
            }

            if (Run.Processes.Find(p => p.Name == worker.Worker.Id) is WorkerProcess { IsUp: false })
            {
                Run.Marks.Reach(Mark.AssignedAWorkerThatIsDead);
            }
        }
    }

    /// <summary>What counts as a worker's memory is what its present process has reported.</summary>
    private void CheckReports()
    {
        if (!IsUp)
        {
            return;
        }

        foreach (var candidate in Candidates)
        {
            if (candidate.HasReport && WorkerProcess.BytesOf(candidate.Key.Incarnation, candidate.ReportSequence) != candidate.ResidentBytes)
            {
                Run.Violate("reports-are-its-own", $"{Name} counts a report for {candidate.Key} that it has not sent");
            }
        }
    }

    private void MarkReport(MemoryReport m)
    {
        var registered = _balancerCore.FindWorker(m.Worker.Id);
        if (registered?.Key != m.Worker)
        {
            Hold(m);
        }

        if (m.ResidentBytes >= m.LimitBytes)
        {
            Run.Marks.Reach(Mark.WorkerAboveItsMemory);
        }

        if (registered is not { } candidate)
        {
            Run.Marks.Reach(Mark.ReportAheadOfItsRegistration);
        }
        else if (candidate.Key != m.Worker && Run.Workers.Any(w => w.Name == m.Worker.Id && w.Key != m.Worker))
        {
            Run.Marks.Reach(Mark.ReportOfAnEarlierIncarnation);
        }
    }

    /// <summary>What a report that runs ahead of its registration is promised: it is kept for a while, where there is room.</summary>
    private void Hold(MemoryReport m)
    {
        if (!_early.ContainsKey(m.Worker.Id) && _early.Count >= Limits.EarlyReportsMax)
        {
            foreach (var (id, _) in _early.Where(x => Now - x.Value.At >= Limits.EarlyReportHold).ToList())
            {
                _early.Remove(id);
            }
        }

        if (_early.ContainsKey(m.Worker.Id) || _early.Count < Limits.EarlyReportsMax)
        {
            _early[m.Worker.Id] = (m.Worker, Now);
        }
    }

    private void CheckEarlyReports()
    {
        foreach (var (id, (worker, at)) in _early.ToList())
        {
            if (_balancerCore.FindWorker(id) is not { } candidate || candidate.Key != worker)
            {
                continue;
            }

            _early.Remove(id);
            if (Now - at < Limits.EarlyReportHold && !candidate.HasReport)
            {
                Run.Violate("early-reports-count", $"{Name} has forgotten the report of {id} that ran ahead of its registration");
            }
        }
    }

    private void Remember(Watched<Member>.Known known)
    {
        if (known.Changes is null)
        {
            _told.Clear();
        }

        foreach (var (id, member) in known.Changes ?? [.. known.All.Select(m => new KeyChange<Member>(m.Worker.Id, m))])
        {
            if (member is not null)
            {
                _told[id] = member.Worker;
            }
            else
            {
                _told.Remove(id);
            }
        }
    }
}
