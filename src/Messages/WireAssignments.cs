using AkkaLb.Core;
using static AkkaLb.Messages.WireFields;

namespace AkkaLb.Messages;

/// <summary>Between client and balancer: questions for workers, and the workers named.</summary>
internal static class WireAssignments
{
    public static Wire.Assign ToWire(this Assign m)
    {
        Check(m.Count is >= 1 and <= Assign.CountMax && (m.Finished is null || m.Count <= Assign.QuestionsMax), "count");
        Check(m.LeaveOut.Count <= Assign.LeaveOutMax, "leave_out");
        Check(m.Key is null or { Length: <= Assign.KeyLengthMax }, "key");
        Check(m.Weight is >= 1 and <= Assign.WeightMax, "weight");
        Check(m.AheadSince == 0 || m.Finished is not null, "ahead_since");
        var wire = new Wire.Assign
        {
            RequestId = (ulong)m.RequestId, Count = (uint)m.Count, Key = m.Key ?? "", RemainingMs = Ms(m.Remaining),
            Weight = m.Weight == 1 ? 0 : (uint)m.Weight, Finished = m.Finished?.ToWire(),
            Service = SendableService(m.Service), Priority = m.Priority.ToWire(), Zone = Zone(m.Zone),
            TakesBatches = m.TakesBatches, AheadSince = checked((ulong)m.AheadSince),
        };
        foreach (var key in m.LeaveOut)
        {
            wire.LeaveOut.Add(new Wire.WorkerKey { WorkerId = Sendable(key.Id), Incarnation = (ulong)key.Incarnation });
        }

        return wire;
    }

    public static Assign FromWire(this Wire.Assign m)
    {
        Check(m.Count is >= 1 and <= Assign.CountMax && (m.Finished is null || m.Count <= Assign.QuestionsMax), "count");
        Check(m.LeaveOut.Count <= Assign.LeaveOutMax, "leave_out");
        Check(m.Key.Length <= Assign.KeyLengthMax, "key");
        Check(m.Weight <= Assign.WeightMax, "weight");
        Check(m.AheadSince == 0 || (m.Finished is not null && m.AheadSince <= long.MaxValue), "ahead_since");
        var leaveOut = m.LeaveOut.Count == 0 ? [] : new WorkerKey[m.LeaveOut.Count];
        for (var i = 0; i < leaveOut.Length; i++)
        {
            leaveOut[i] = Key(m.LeaveOut[i].WorkerId, m.LeaveOut[i].Incarnation);
        }

        return new Assign(
            (long)m.RequestId, (int)m.Count, leaveOut, m.Key.Length == 0 ? null : m.Key, Duration(m.RemainingMs), Math.Max(1, (int)m.Weight),
            m.Finished?.FromWire(), Service(m.Service), m.Priority.FromWire(), Zone(m.Zone), m.TakesBatches, (long)m.AheadSince);
    }

    public static Wire.Finished ToWire(this Finished m)
    {
        Check(m.Client > 0, "client");
        Check(m.Picks.Count <= Finished.PicksMax, "picks");
        var wire = new Wire.Finished { Client = (ulong)m.Client, Since = checked((ulong)m.Since) };
        foreach (var pick in m.Picks)
        {
            wire.Picks.Add(new Wire.EndedPick
            {
                Pick = checked((ulong)pick.Pick), How = pick.How.ToWire(), TookUs = (ulong)Math.Max(0, pick.Took.TotalMicroseconds),
                JobsAccepted = Accepted(pick.Counts), JobsInFlight = InFlight(pick.Counts),
            });
        }

        return wire;
    }

    public static Finished FromWire(this Wire.Finished m)
    {
        Check(m.Client is > 0 and <= long.MaxValue, "client");
        Check(m.Picks.Count <= Finished.PicksMax, "picks");
        var picks = m.Picks.Count == 0 ? [] : new EndedPick[m.Picks.Count];
        for (var i = 0; i < picks.Length; i++)
        {
            var p = m.Picks[i];
            Check(p.TookUs <= DurationMsMax * 1000, "took_us");
            picks[i] = new EndedPick(
                checked((long)p.Pick), p.How.FromWire(), TimeSpan.FromMicroseconds((long)p.TookUs), Counts(p.JobsAccepted, p.JobsInFlight));
        }

        return new Finished((long)m.Client, checked((long)m.Since), picks);
    }

    public static Wire.Assigned ToWire(this Assigned m)
    {
        Check(m.Workers.Count is >= 1 and <= Assign.CountMax, "workers");
        var wire = new Wire.Assigned
        {
            RequestId = (ulong)m.RequestId, Policy = Text(m.Policy, NameLengthMax), Term = checked((ulong)m.Term),
            Revision = checked((ulong)m.Revision), TakesFinished = m.TakesFinished, TellAtOnce = m.TellAtOnce,
            TakesBatches = m.TakesBatches,
        };
        if (m.Workers.Count == 1)
        {
            wire.Workers.Add(m.Workers[0].ToWire());
            return wire;
        }

        // Each worker once. Where none comes twice, the picks are the workers in their order: so wrote, and so reads, who knows no picks.
        var places = new Dictionary<AssignedWorker, uint>();
        var picks = new uint[m.Workers.Count];
        for (var i = 0; i < picks.Length; i++)
        {
            var w = m.Workers[i];
            if (!places.TryGetValue(w, out picks[i]))
            {
                picks[i] = (uint)places.Count;
                places.Add(w, picks[i]);
                wire.Workers.Add(w.ToWire());
            }
        }

        if (places.Count < picks.Length)
        {
            wire.Picks.Add(picks);
        }

        return wire;
    }

    public static Wire.AssignedWorker ToWire(this AssignedWorker w) => new()
    {
        WorkerId = Sendable(w.Worker.Id),
        Incarnation = (ulong)w.Worker.Incarnation,
        Path = Sendable(w.Gate, w.Gate.Length is > 0 and <= NameLengthMax, "path"),
        TakesCancel = w.TakesCancel,
        TakesBatches = w.TakesBatches,
    };

    public static Assigned FromWire(this Wire.Assigned m, KnownGates gates)
    {
        Check(m.Workers.Count is >= 1 and <= Assign.CountMax, "workers");
        Check(m.Policy.Length <= NameLengthMax, "policy");
        Check(m.Picks.Count <= Assign.CountMax, "picks");
        var workers = new AssignedWorker[m.Workers.Count];
        for (var i = 0; i < workers.Length; i++)
        {
            var w = m.Workers[i];
            workers[i] = new AssignedWorker(Key(w.WorkerId, w.Incarnation), gates.Known(w.Path), w.TakesCancel, w.TakesBatches);
        }

        if (m.Picks.Count > 0)
        {
            var picked = new AssignedWorker[m.Picks.Count];
            for (var i = 0; i < picked.Length; i++)
            {
                Check(m.Picks[i] < workers.Length, "picks");
                picked[i] = workers[m.Picks[i]];
            }

            workers = picked;
        }

        return new Assigned(
            (long)m.RequestId, workers, m.Policy, checked((long)m.Term), checked((long)m.Revision), m.TakesFinished, m.TellAtOnce,
            m.TakesBatches);
    }
}
