using System.Diagnostics;

namespace AkkaLb.Core.Gate;

/// <summary>Decides which job runs where and how it ends: the rules of a worker's gate, without actors and without a clock.</summary>
/// <remarks>
/// <para>Every event appends its effects, in order, to the list that is passed in. <c>now</c> is any clock that never goes back.
/// Not thread-safe: the owning actor serializes calls.</para>
/// <para>An instance has one job at a time. Whatever ends the job (reply, failure, crash), the instance is then asked a question that
/// queues up behind everything in its mailbox, and it is free when the answer comes. So a crash after the reply, even of work that the
/// actor started on the side, meets an instance without a job, and is charged to nobody. After a crash the question waits in the
/// mailbox until the restart is over. It is asked after the job's end and not together with the job, because an actor that answers
/// later (from a timer, a task) would have answered it long before its reply. A message that is no job and goes to an instance without a
/// job is followed by the question too, for the same reason.</para>
/// <para>An instance that never answers after its reply is not replaced: it gets no job, and those that wait for it are rejected at
/// their deadlines.</para>
/// </remarks>
public sealed class GateCore
{
    private readonly GateSettings _settings;
    private readonly InstanceSlot[] _slots;
    private readonly SortedSet<int> _free = [];
    private readonly Dictionary<long, HeldJob> _held = [];
    private readonly HashSet<(JobId, int)> _tries = [];
    private readonly LinkedList<HeldJob> _queue = new();
    private readonly SortedSet<Due> _dues = [];
    private long _lastMark;
    private int _lastForwarded = -1;
    private Due? _drain;
    private TimeSpan _drainingSince;
    private int _unfinished;

    public GateCore(GateSettings settings)
    {
        _settings = settings;
        _slots = [.. Enumerable.Range(0, settings.Instances).Select(i => new InstanceSlot(i))];
    }

    /// <summary>Jobs accepted and not yet answered: queued and running. 0 to the capacity.</summary>
    public int JobsHeld => _held.Count;

    public bool IsDraining { get; private set; }

    /// <summary>When the next <see cref="Tick"/> is needed; null: only after another event. May lie in the past: then at once.</summary>
    public TimeSpan? NextDue => _dues.Count == 0 ? null : _dues.Min.At;

    /// <summary>Call once, before anything else: builds the instances.</summary>
    public void Open(List<GateEffect> effects)
    {
        foreach (var slot in _slots)
        {
            Build(slot, effects);
        }
    }

    /// <summary>A job came in.</summary>
    /// <param name="token">The caller's name for it, never used before; it comes back in exactly one effect that frees it.</param>
    /// <param name="remaining">How long an answer is of use; zero or less: it is too late.</param>
    public void JobArrived(long token, JobId id, int attempt, TimeSpan remaining, TimeSpan now, List<GateEffect> effects)
    {
        if (_tries.Contains((id, attempt)))
        {
            effects.Add(new GateEffect.IgnoreDuplicate(token));
        }
        else if (IsDraining)
        {
            effects.Add(new GateEffect.AnswerRejected(token, JobRejectReason.Draining));
        }
        else if (remaining <= TimeSpan.Zero)
        {
            effects.Add(new GateEffect.AnswerRejected(token, JobRejectReason.DeadlinePassed));
        }
        else if (_held.Count >= _settings.Capacity)
        {
            effects.Add(new GateEffect.AnswerRejected(token, JobRejectReason.OverCapacity));
        }
        else
        {
            Hold(new HeldJob(token, id, attempt, Later(now, remaining)));
            Dispatch(now, effects);
        }
    }

    /// <summary>The instance answered this job. Ignored when the job is not running: it has its answer already.</summary>
    public void Replied(long token, List<GateEffect> effects) => EndRunning(token, new GateEffect.AnswerDone(token), effects);

    /// <summary>The instance answered this job with a failure. Ignored when the job is not running.</summary>
    public void ReplyFailed(long token, List<GateEffect> effects) =>
        EndRunning(token, new GateEffect.AnswerFailed(token, JobFailureReason.Failure), effects);

    /// <summary>The job that was to be started cannot be read; its instance has seen nothing of it. Ignored when it is not running.</summary>
    public void MessageUnreadable(long token, TimeSpan now, List<GateEffect> effects)
    {
        if (RunningSlot(token) is not { } slot)
        {
            return;
        }

        End(slot.Job!, new GateEffect.AnswerFailed(token, JobFailureReason.UnreadableMessage), effects);
        SetFree(slot);
        Dispatch(now, effects);
    }

    /// <summary>The instance crashed and is being restarted. Say <see cref="Replied"/> first if the reply came first.</summary>
    public void InstanceCrashed(int instance, List<GateEffect> effects)
    {
        var slot = _slots[instance];
        switch (slot.State)
        {
            case SlotState.Running:
                EndRunning(slot.Job!.Token, new GateEffect.AnswerFailed(slot.Job.Token, JobFailureReason.Crash), effects);
                break;
            case SlotState.Free:
                // What the crashed one had put into its own mailbox is still there, and not the next job's fault.
                effects.Add(new GateEffect.LogLateCrash(instance));
                Settle(slot, effects);
                break;
            case SlotState.Settling:
            case SlotState.Down:
                effects.Add(new GateEffect.LogLateCrash(instance));
                break;
        }
    }

    /// <summary>The instance is gone: it stopped itself, or could not be created or restarted.</summary>
    public void InstanceStopped(int instance, TimeSpan now, List<GateEffect> effects)
    {
        var slot = _slots[instance];
        if (slot.Job is { } job)
        {
            End(job, new GateEffect.AnswerFailed(job.Token, JobFailureReason.Crash), effects);
        }

        _free.Remove(instance);
        if (slot.IsProven)
        {
            Build(slot, effects);
        }
        else
        {
            slot.State = SlotState.Down;
            _dues.Add(new Due(Later(now, GateSettings.RebuildDelay), DueKind.Rebuild, instance));
        }
    }

    /// <summary>The instance answered the question <paramref name="mark"/>. Only the answer to the last one counts.</summary>
    public void InstanceIdle(int instance, long mark, TimeSpan now, List<GateEffect> effects)
    {
        var slot = _slots[instance];
        if (slot.State != SlotState.Settling || slot.Mark != mark)
        {
            return;
        }

        slot.IsProven = true;
        SetFree(slot);
        Dispatch(now, effects);
    }

    /// <summary>A message that is no job came in: instances take them in turn, whether they have a job or not, without a bound.</summary>
    /// <remarks>More of them than the instances can handle keep jobs waiting: no job starts behind a message that may still crash.</remarks>
    public void MessageArrived(List<GateEffect> effects)
    {
        for (var step = 1; step <= _slots.Length; step++)
        {
            var slot = _slots[(_lastForwarded + step) % _slots.Length];
            if (slot.State == SlotState.Down)
            {
                continue;
            }

            _lastForwarded = slot.Index;
            effects.Add(new GateEffect.Forward(slot.Index));
            if (slot.State != SlotState.Running)
            {
                Settle(slot, effects);
            }

            return;
        }

        effects.Add(new GateEffect.Undeliverable());
    }

    /// <summary>Take no more jobs: queued ones are rejected now, running ones have <paramref name="timeout"/> to finish.</summary>
    /// <remarks>Saying it again can only shorten the time; after the end it brings another <see cref="GateEffect.Drained"/>.</remarks>
    /// <param name="timeout">Zero or less: running jobs fail at the next <see cref="Tick"/>.</param>
    public void DrainStarted(TimeSpan timeout, TimeSpan now, List<GateEffect> effects)
    {
        var isFirst = !IsDraining;
        if (isFirst)
        {
            (IsDraining, _drainingSince) = (true, now);
        }

        var due = new Due(Later(now, timeout), DueKind.DrainTimeout, 0);
        if (_drain is not { } earlier || due.At < earlier.At)
        {
            ForgetDrainTimeout();
            _drain = due;
            _dues.Add(due);
        }

        while (_queue.First is { } first)
        {
            End(first.Value, new GateEffect.AnswerRejected(first.Value.Token, JobRejectReason.Draining), effects, tellDrained: false);
        }

        if (isFirst && _held.Count > 0 && timeout > TimeSpan.Zero)
        {
            effects.Add(new GateEffect.LogDraining(_held.Count, timeout));
        }

        TellDrained(effects);
    }

    /// <summary>Does everything that is due at <paramref name="now"/>: call it at <see cref="NextDue"/>; too early or too often is harmless.</summary>
    public void Tick(TimeSpan now, List<GateEffect> effects)
    {
        while (_dues.Count > 0 && _dues.Min is var due && due.At <= now)
        {
            _dues.Remove(due);
            switch (due.Kind)
            {
                case DueKind.JobDeadline:
                    MissDeadline(_held[due.Key], effects);
                    break;
                case DueKind.Rebuild:
                    Build(_slots[due.Key], effects);
                    break;
                case DueKind.DrainTimeout:
                    AbandonRunning(now, effects);
                    break;
            }
        }
    }

    private void Hold(HeldJob job)
    {
        _held.Add(job.Token, job);
        _tries.Add(job.Try);
        _dues.Add(job.Due);
        job.Queued = _queue.AddLast(job);
    }

    private void Dispatch(TimeSpan now, List<GateEffect> effects)
    {
        while (_free.Count > 0 && _queue.First?.Value is { } job)
        {
            if (job.Deadline <= now)
            {
                // The tick that is due has not come yet.
                MissDeadline(job, effects);
                continue;
            }

            var slot = _slots[_free.Min];
            _free.Remove(slot.Index);
            _queue.Remove(job.Queued!);
            job.Queued = null;
            job.RunsOn = slot;
            slot.Job = job;
            slot.State = SlotState.Running;
            effects.Add(new GateEffect.Start(slot.Index, job.Token));
        }
    }

    private void MissDeadline(HeldJob job, List<GateEffect> effects)
    {
        if (job.RunsOn is not { } slot)
        {
            End(job, new GateEffect.AnswerRejected(job.Token, JobRejectReason.DeadlinePassed), effects);
            return;
        }

        End(job, new GateEffect.AnswerFailed(job.Token, JobFailureReason.DeadlineExceeded), effects);
        effects.Add(new GateEffect.StopInstance(slot.Index));
        Build(slot, effects);
    }

    private void AbandonRunning(TimeSpan now, List<GateEffect> effects)
    {
        // Queued ones were rejected when the draining began: what is held runs.
        effects.Add(new GateEffect.LogGivenUp(_held.Count, now - _drainingSince));
        foreach (var slot in _slots)
        {
            if (slot.Job is { } job)
            {
                _unfinished++;
                EndRunning(job.Token, new GateEffect.AnswerFailed(job.Token, JobFailureReason.Drained), effects);
            }
        }
    }

    private InstanceSlot? RunningSlot(long token) => _held.GetValueOrDefault(token)?.RunsOn;

    private void EndRunning(long token, GateEffect answer, List<GateEffect> effects)
    {
        if (RunningSlot(token) is { } slot)
        {
            End(slot.Job!, answer, effects);
            Settle(slot, effects);
        }
    }

    /// <summary>The one place where a job ends: it is answered and forgotten. What becomes of its instance is the caller's to say.</summary>
    private void End(HeldJob job, GateEffect answer, List<GateEffect> effects, bool tellDrained = true)
    {
        _held.Remove(job.Token);
        _tries.Remove(job.Try);
        _dues.Remove(job.Due);
        if (job.Queued is { } place)
        {
            _queue.Remove(place);
        }

        if (job.RunsOn is { } slot)
        {
            slot.Job = null;
        }

        effects.Add(answer);
        if (tellDrained)
        {
            TellDrained(effects);
        }
    }

    private void TellDrained(List<GateEffect> effects)
    {
        if (IsDraining && _held.Count == 0)
        {
            ForgetDrainTimeout();
            effects.Add(new GateEffect.Drained(_unfinished));
        }
    }

    private void ForgetDrainTimeout()
    {
        if (_drain is { } due)
        {
            _dues.Remove(due);
            _drain = null;
        }
    }

    private void Build(InstanceSlot slot, List<GateEffect> effects)
    {
        slot.IsProven = false;
        effects.Add(new GateEffect.BuildInstance(slot.Index));
        Settle(slot, effects);
    }

    private void Settle(InstanceSlot slot, List<GateEffect> effects)
    {
        Debug.Assert(slot.Job is null, "an instance with a job is not asked whether it is free");
        _free.Remove(slot.Index);
        slot.State = SlotState.Settling;
        slot.Mark = ++_lastMark;
        effects.Add(new GateEffect.Probe(slot.Index, slot.Mark));
    }

    private void SetFree(InstanceSlot slot)
    {
        slot.State = SlotState.Free;
        _free.Add(slot.Index);
    }

    private static TimeSpan Later(TimeSpan now, TimeSpan wait) => wait > TimeSpan.MaxValue - now ? TimeSpan.MaxValue : now + wait;
}
