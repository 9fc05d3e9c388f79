using AkkaLb.Core;
using static AkkaLb.Messages.WireFields;
using static AkkaLb.Messages.WireReader;

namespace AkkaLb.Messages;

/// <summary>Between client and balancer: questions for workers, and the workers named.</summary>
internal static class WireAssignments
{
    public static void Write(ref WireWriter to, Assign m)
    {
        Check(m.Count is >= 1 and <= Assign.CountMax && (m.Finished is null || m.Count <= Assign.QuestionsMax), "count");
        Check(m.LeaveOut.Count <= Assign.LeaveOutMax, "leave_out");
        Check(m.Key is null or { Length: <= Assign.KeyLengthMax }, "key");
        Check(m.Weight is >= 1 and <= Assign.WeightMax, "weight");
        Check(m.AheadSince == 0 || m.Finished is not null, "ahead_since");
        to.Varint(Wire.Assign.RequestIdFieldNumber, (ulong)m.RequestId);
        to.Varint(Wire.Assign.CountFieldNumber, (uint)m.Count);
        for (var i = 0; i < m.LeaveOut.Count; i++)
        {
            var start = to.Begin(Wire.Assign.LeaveOutFieldNumber);
            to.Text(Wire.WorkerKey.WorkerIdFieldNumber, Sendable(m.LeaveOut[i].Id));
            to.Fixed64(Wire.WorkerKey.IncarnationFieldNumber, (ulong)m.LeaveOut[i].Incarnation);
            to.End(start);
        }

        to.Text(Wire.Assign.KeyFieldNumber, m.Key ?? "");
        to.Varint(Wire.Assign.RemainingMsFieldNumber, Ms(m.Remaining));
        to.Varint(Wire.Assign.WeightFieldNumber, m.Weight == 1 ? 0 : (uint)m.Weight);
        if (m.Finished is { } finished)
        {
            var start = to.Begin(Wire.Assign.FinishedFieldNumber);
            Write(ref to, finished);
            to.End(start);
        }

        to.Text(Wire.Assign.ServiceFieldNumber, SendableService(m.Service));
        to.Varint(Wire.Assign.PriorityFieldNumber, (ulong)m.Priority.ToWire());
        to.Text(Wire.Assign.ZoneFieldNumber, Zone(m.Zone));
        to.Bool(Wire.Assign.TakesBatchesFieldNumber, m.TakesBatches);
        to.Varint(Wire.Assign.AheadSinceFieldNumber, checked((ulong)m.AheadSince));
        to.Varint(Wire.Assign.JobFieldNumber, checked((ulong)m.Job));
    }

    public static Assign ReadAssign(WireReader from, WireCache cache)
    {
        var (requestId, count, key, remainingMs, weight) = (0UL, 0U, "", 0UL, 0U);
        var (service, priority, zone, takesBatches, aheadSince, job) = ("", Wire.JobPriority.Normal, "", false, 0UL, 0UL);
        List<WorkerKey>? leaveOut = null;
        FinishedFields? finished = null;
        while (from.Next())
        {
            switch (from.Tag)
            {
                case (Wire.Assign.RequestIdFieldNumber << 3) | Varint:
                    requestId = from.Number;
                    break;
                case (Wire.Assign.CountFieldNumber << 3) | Varint:
                    count = (uint)from.Number;
                    break;
                case (Wire.Assign.LeaveOutFieldNumber << 3) | Delimited:
                    Check((leaveOut ??= []).Count < Assign.LeaveOutMax, "leave_out");
                    leaveOut.Add(ReadKey(from.Message, cache));
                    break;
                case (Wire.Assign.KeyFieldNumber << 3) | Delimited:
                    key = from.Text;
                    break;
                case (Wire.Assign.RemainingMsFieldNumber << 3) | Varint:
                    remainingMs = from.Number;
                    break;
                case (Wire.Assign.WeightFieldNumber << 3) | Varint:
                    weight = (uint)from.Number;
                    break;
                case (Wire.Assign.FinishedFieldNumber << 3) | Delimited:
                    var fields = finished ?? default;
                    fields.Merge(from.Message);
                    finished = fields;
                    break;
                case (Wire.Assign.ServiceFieldNumber << 3) | Delimited:
                    service = cache.Text(from.Bytes);
                    break;
                case (Wire.Assign.PriorityFieldNumber << 3) | Varint:
                    priority = (Wire.JobPriority)(int)from.Number;
                    break;
                case (Wire.Assign.ZoneFieldNumber << 3) | Delimited:
                    zone = cache.Text(from.Bytes);
                    break;
                case (Wire.Assign.TakesBatchesFieldNumber << 3) | Varint:
                    takesBatches = from.Bool;
                    break;
                case (Wire.Assign.AheadSinceFieldNumber << 3) | Varint:
                    aheadSince = from.Number;
                    break;
                case (Wire.Assign.JobFieldNumber << 3) | Varint:
                    job = from.Number;
                    break;
            }
        }

        Check(count is >= 1 and <= Assign.CountMax && (finished is null || count <= Assign.QuestionsMax), "count");
        Check(key.Length <= Assign.KeyLengthMax, "key");
        Check(weight <= Assign.WeightMax, "weight");
        Check(aheadSince == 0 || (finished is not null && aheadSince <= long.MaxValue), "ahead_since");
        Check(job <= long.MaxValue - (ulong)Assign.CountMax, "job");
        return new Assign(
            (long)requestId, (int)count, leaveOut?.ToArray() ?? [], key.Length == 0 ? null : key, Duration(remainingMs), Math.Max(1, (int)weight),
            finished?.ToFinished(), Service(service), priority.FromWire(), Zone(zone), takesBatches, (long)aheadSince,
            (long)job);
    }

    public static void Write(ref WireWriter to, Finished m)
    {
        Check(m.Client > 0, "client");
        Check(m.Picks.Count <= Finished.PicksMax, "picks");
        to.Fixed64(Wire.Finished.ClientFieldNumber, (ulong)m.Client);
        to.Varint(Wire.Finished.SinceFieldNumber, checked((ulong)m.Since));
        for (var i = 0; i < m.Picks.Count; i++)
        {
            var pick = m.Picks[i];
            var start = to.Begin(Wire.Finished.PicksFieldNumber);
            to.Varint(Wire.EndedPick.PickFieldNumber, checked((ulong)pick.Pick));
            to.Varint(Wire.EndedPick.HowFieldNumber, (ulong)pick.How.ToWire());
            to.Varint(Wire.EndedPick.TookUsFieldNumber, Us(pick.Took));
            to.Varint(Wire.EndedPick.JobsAcceptedFieldNumber, Accepted(pick.Counts));
            to.Varint(Wire.EndedPick.JobsInFlightFieldNumber, InFlight(pick.Counts));
            to.Varint(Wire.EndedPick.JobFieldNumber, checked((ulong)pick.Job));
            to.End(start);
        }
    }

    public static Finished ReadFinished(WireReader from)
    {
        var fields = default(FinishedFields);
        fields.Merge(from);
        return fields.ToFinished();
    }

    public static void Write(ref WireWriter to, Assigned m)
    {
        Check(m.Workers.Count is >= 1 and <= Assign.CountMax, "workers");
        to.Varint(Wire.Assigned.RequestIdFieldNumber, (ulong)m.RequestId);

        // Each worker once; the balancer has one object for each. Where none comes twice, the picks are the workers in their order. Versions
        // without picks write and read it so.
        var places = m.Workers.Count == 1 ? null : new Dictionary<AssignedWorker, uint>(ReferenceEqualityComparer.Instance);
        var picks = places is null ? [] : new uint[m.Workers.Count];
        for (var i = 0; i < m.Workers.Count; i++)
        {
            if (places is null || !places.TryGetValue(m.Workers[i], out picks[i]))
            {
                Write(ref to, m.Workers[i]);
                if (places is not null)
                {
                    picks[i] = (uint)places.Count;
                    places.Add(m.Workers[i], picks[i]);
                }
            }
        }

        to.Text(Wire.Assigned.PolicyFieldNumber, Text(m.Policy, NameLengthMax));
        to.Varint(Wire.Assigned.TermFieldNumber, checked((ulong)m.Term));
        to.Varint(Wire.Assigned.RevisionFieldNumber, checked((ulong)m.Revision));
        if (places?.Count < picks.Length)
        {
            var start = to.Begin(Wire.Assigned.PicksFieldNumber);
            foreach (var pick in picks)
            {
                to.Raw(pick);
            }

            to.End(start);
        }

        to.Bool(Wire.Assigned.TakesFinishedFieldNumber, m.TakesFinished);
        to.Bool(Wire.Assigned.TellAtOnceFieldNumber, m.TellAtOnce);
        to.Bool(Wire.Assigned.TakesBatchesFieldNumber, m.TakesBatches);
    }

    public static Assigned ReadAssigned(WireReader from, WireCache cache)
    {
        var (requestId, policy, term, revision) = (0UL, "", 0UL, 0UL);
        var (takesFinished, tellAtOnce, takesBatches) = (false, false, false);
        var (workers, picks) = ((List<AssignedWorker>)[], (List<uint>?)null);
        while (from.Next())
        {
            switch (from.Tag)
            {
                case (Wire.Assigned.RequestIdFieldNumber << 3) | Varint:
                    requestId = from.Number;
                    break;
                case (Wire.Assigned.WorkersFieldNumber << 3) | Delimited:
                    Check(workers.Count < Assign.CountMax, "workers");
                    workers.Add(cache.Worker(from.Bytes));
                    break;
                case (Wire.Assigned.PolicyFieldNumber << 3) | Delimited:
                    policy = cache.Text(from.Bytes);
                    break;
                case (Wire.Assigned.TermFieldNumber << 3) | Varint:
                    term = from.Number;
                    break;
                case (Wire.Assigned.RevisionFieldNumber << 3) | Varint:
                    revision = from.Number;
                    break;
                case (Wire.Assigned.PicksFieldNumber << 3) | Varint:
                    Add(ref picks, from.Number);
                    break;
                case (Wire.Assigned.PicksFieldNumber << 3) | Delimited:
                    var packed = from.Message;
                    while (packed.NextPacked())
                    {
                        Add(ref picks, packed.Number);
                    }

                    break;
                case (Wire.Assigned.TakesFinishedFieldNumber << 3) | Varint:
                    takesFinished = from.Bool;
                    break;
                case (Wire.Assigned.TellAtOnceFieldNumber << 3) | Varint:
                    tellAtOnce = from.Bool;
                    break;
                case (Wire.Assigned.TakesBatchesFieldNumber << 3) | Varint:
                    takesBatches = from.Bool;
                    break;
            }
        }

        Check(workers.Count >= 1, "workers");
        Check(policy.Length <= NameLengthMax, "policy");
        return new Assigned(
            (long)requestId, Picked(workers, picks), policy, checked((long)term), checked((long)revision), takesFinished, tellAtOnce, takesBatches);
    }

    private static void Write(ref WireWriter to, AssignedWorker w)
    {
        var start = to.Begin(Wire.Assigned.WorkersFieldNumber);
        to.Text(Wire.AssignedWorker.WorkerIdFieldNumber, Sendable(w.Worker.Id));
        to.Fixed64(Wire.AssignedWorker.IncarnationFieldNumber, (ulong)w.Worker.Incarnation);
        to.Text(Wire.AssignedWorker.PathFieldNumber, Sendable(w.Gate, w.Gate.Length is > 0 and <= NameLengthMax, "path"));
        to.Bool(Wire.AssignedWorker.TakesCancelFieldNumber, w.TakesCancel);
        to.Bool(Wire.AssignedWorker.TakesBatchesFieldNumber, w.TakesBatches);
        to.End(start);
    }

    private static WorkerKey ReadKey(WireReader from, WireCache cache)
    {
        var (id, incarnation) = ("", 0UL);
        while (from.Next())
        {
            switch (from.Tag)
            {
                case (Wire.WorkerKey.WorkerIdFieldNumber << 3) | Delimited:
                    id = cache.Text(from.Bytes);
                    break;
                case (Wire.WorkerKey.IncarnationFieldNumber << 3) | Fixed64:
                    incarnation = from.Number;
                    break;
            }
        }

        return Key(id, incarnation);
    }

    private static void Add(ref List<uint>? picks, ulong pick)
    {
        Check((picks ??= []).Count < Assign.CountMax, "picks");
        picks.Add((uint)pick);
    }

    private static AssignedWorker[] Picked(List<AssignedWorker> workers, List<uint>? picks)
    {
        if (picks is null)
        {
            return [.. workers];
        }

        var picked = new AssignedWorker[picks.Count];
        for (var i = 0; i < picked.Length; i++)
        {
            Check(picks[i] < workers.Count, "picks");
            picked[i] = workers[(int)picks[i]];
        }

        return picked;
    }

    /// <summary>The fields of a <see cref="Finished"/>. Where a message has it more than once, protobuf merges them.</summary>
    private struct FinishedFields
    {
        private ulong _client;
        private ulong _since;
        private List<EndedPick>? _picks;

        public void Merge(WireReader from)
        {
            while (from.Next())
            {
                switch (from.Tag)
                {
                    case (Wire.Finished.ClientFieldNumber << 3) | Fixed64:
                        _client = from.Number;
                        break;
                    case (Wire.Finished.SinceFieldNumber << 3) | Varint:
                        _since = from.Number;
                        break;
                    case (Wire.Finished.PicksFieldNumber << 3) | Delimited:
                        Check((_picks ??= []).Count < Finished.PicksMax, "picks");
                        _picks.Add(ReadPick(from.Message));
                        break;
                }
            }
        }

        public readonly Finished ToFinished()
        {
            Check(_client is > 0 and <= long.MaxValue, "client");
            return new Finished((long)_client, checked((long)_since), _picks?.ToArray() ?? []);
        }

        private static EndedPick ReadPick(WireReader from)
        {
            var (pick, how, tookUs, accepted, inFlight, job) = (0UL, Wire.PickEnd.Unused, 0UL, 0UL, 0U, 0UL);
            while (from.Next())
            {
                switch (from.Tag)
                {
                    case (Wire.EndedPick.PickFieldNumber << 3) | Varint:
                        pick = from.Number;
                        break;
                    case (Wire.EndedPick.HowFieldNumber << 3) | Varint:
                        how = (Wire.PickEnd)(int)from.Number;
                        break;
                    case (Wire.EndedPick.TookUsFieldNumber << 3) | Varint:
                        tookUs = from.Number;
                        break;
                    case (Wire.EndedPick.JobsAcceptedFieldNumber << 3) | Varint:
                        accepted = from.Number;
                        break;
                    case (Wire.EndedPick.JobsInFlightFieldNumber << 3) | Varint:
                        inFlight = (uint)from.Number;
                        break;
                    case (Wire.EndedPick.JobFieldNumber << 3) | Varint:
                        job = from.Number;
                        break;
                }
            }

            return new EndedPick(
                checked((long)pick), how.FromWire(), Micros(tookUs), Counts(accepted, inFlight), checked((long)job));
        }
    }
}
