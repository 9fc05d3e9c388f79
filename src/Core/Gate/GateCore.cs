using System.Diagnostics;
using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Gate;

/// <summary>Decides which job runs where and how it ends: the rules of a worker's gate, without actors and without a clock.</summary>
/// <remarks>
/// <para>Every event appends its effects, in order, to the list that is passed in. <c>now</c> is any clock that never goes back.
/// Not thread-safe: the owning actor serializes calls.</para>
/// <para>An instance has one job at a time. Whatever ends the job (reply, failure, crash), the instance is then asked a question that
/// queues up behind everything in its mailbox, and it is free when the answer comes. So a crash after the reply, even of work that the
/// actor started on the side, meets an instance without a job, and is charged to nobody. After a crash the question waits in the
/// mailbox until the restart is over. It is asked after the job's end and not together with the job, because an actor that answers
/// later (from a timer, a task) would have answered it long before its reply. A reply puts the question itself, as soon as the instance is through
/// with the message that it was handling: so it is behind all that the instance told itself meanwhile. A message that is no job and goes to an
/// instance without a job is followed by the question too, for the same reason.</para>
/// <para>A question goes in front of each job too. A crash before its answer is not the job's, unless it happened on the job's own message: the
/// job is still in the mailbox and is done after the restart.</para>
/// <para>Among the jobs that wait, those whose callers have waited longest go first. When all places are taken and an older one comes, the youngest
/// that waits has to go: it was not started.</para>
/// <para>A job whose reply goes out in pieces has no instance any more, and keeps its place until the last piece is sent. One that is given up before
/// that keeps its place until what made the pieces has ended.</para>
/// <para>A worker that cannot do jobs says so and rejects all that wait and come, until an instance is there that can.</para>
/// </remarks>
public sealed class GateCore : IMachine<GateEffect>
{
    /// <summary>Weight of the newest in the mean service time: one in eight.</summary>
    private const int ServiceWeight = 8;

    private static readonly TimeSpan NotMeasured = TimeSpan.FromTicks(-1);

    private readonly GateSettings _settings;
    private readonly InstanceSlot[] _slots;
    private readonly int[] _slotsIn = new int[Enum.GetValues<SlotState>().Length];
    private readonly SortedSet<int> _free = [];
    private readonly Dictionary<long, HeldJob> _held = [];
    private readonly Dictionary<(JobId, int), HeldJob> _tries = [];
    private readonly SortedSet<HeldJob> _queue = [];
    private readonly HashSet<HeldJob> _replying = [];

    /// <summary>Jobs that have their answer, and whose pieces are still being made.</summary>
    private readonly HashSet<long> _lingering = [];
    private readonly DueQueue<Due> _dues = new(Comparer<Due>.Default);

    /// <summary>Births of the instances that were stopped and have not ended.</summary>
    private readonly HashSet<long> _ending = [];

    /// <summary>Places without an instance because too many stopped ones have not ended.</summary>
    private readonly Queue<InstanceSlot> _postponed = [];

    /// <summary>Null: the capacity is fixed.</summary>
    private readonly AdaptiveLimit? _limit;

    private int _limitTold;
    private long _accepted;
    private long _lastBirth;
    private long _lastMark;
    private int _lastForwarded = -1;
    private TimeSpan _drainingSince;
    private int _unfinished;

    /// <summary>Running slots whose job has begun.</summary>
    private int _begun;

    /// <summary>Of those that are ending, how many have had their time.</summary>
    private int _blocked;

    /// <summary>Of those that linger, how many have had their time.</summary>
    private int _lingeringLong;

    /// <summary>Since when jobs have been waiting without an instance that works or settles; null: they are not.</summary>
    private TimeSpan? _stuckSince;

    private string _buildFailure = "";
    private TimeSpan _service = NotMeasured;
    private GateTrouble? _trouble;
    private bool _isAbilityKnown;

    public GateCore(GateSettings settings)
    {
        _settings = settings;
        _slots = [.. Enumerable.Range(0, settings.Instances).Select(i => new InstanceSlot(i))];
        _slotsIn[(int)SlotState.Down] = _slots.Length;
        if (settings.FirstLimit is { } first)
        {
            var max = Math.Min(settings.Capacity, settings.Instances);
            _limit = new AdaptiveLimit(max, Math.Min(first, max));
            _limitTold = _limit.Found;
        }
    }

    /// <summary>Jobs accepted and not yet answered: waiting and running. 0 to capacity plus queue.</summary>
    public int JobsHeld => _held.Count;

    /// <summary>How many jobs it has accepted, and how many it holds.</summary>
    public JobCounts Jobs => new(_accepted, _held.Count);

    /// <summary>How many jobs it can use at once at this moment, as the adaptive limit says; 0: the capacity is fixed.</summary>
    public int Places => _limit?.Places ?? 0;

    public bool IsDraining { get; private set; }

    /// <summary>Why this worker cannot do jobs, in words; null: it can, as far as it is known.</summary>
    public string? Trouble { get; private set; }

    /// <inheritdoc/>
    public TimeSpan? NextDue => _dues.NextDue;

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<GateEffect> outbox)
    {
        switch (input)
        {
            case GateInput.JobArrived m:
                OnJobArrived(m.Token, m.Job, now, outbox);
                break;
            case GateInput.InstanceIdle m:
                OnInstanceIdle(m.Instance, m.Mark, now, outbox);
                break;
            case GateInput.Replied m:
                EndRunning(m.Token, new GateEffect.AnswerDone(m.Token), now, outbox, isReply: true);
                break;
            case GateInput.ReplyFailed m:
                EndRunning(m.Token, new GateEffect.AnswerFailed(m.Token, JobFailureReason.Failure), now, outbox, isReply: true);
                break;
            case GateInput.ReplyBegun m:
                OnReplyBegun(m.Token, now, outbox);
                break;
            case GateInput.ReplyStopped m:
                OnReplyStopped(m.Token, now, outbox);
                break;
            case GateInput.ReplyTaken m:
                if (_held.GetValueOrDefault(m.Token) is { IsReplying: true } taken)
                {
                    _dues.Set(taken.UntakenDue, now + GateSettings.UntakenMax);
                }

                break;
            case GateInput.Progressed m:
                OnProgressed(m.Token, now, outbox);
                break;
            case Tick:
                OnTick(now, outbox);
                break;
            case GateInput.CancelArrived m:
                OnCancelArrived(m.Id, m.Attempt, now, outbox);
                break;
            case GateInput.MessageUnhandled m:
                OnMessageUnhandled(m.Token, m.Text, now, outbox);
                break;
            case GateInput.MessageUnreadable m:
                OnMessageUnreadable(m.Token, m.Text, now, outbox);
                break;
            case GateInput.JobReturned m:
                OnJobReturned(m.Token, now, outbox);
                break;
            case GateInput.InstanceCrashed m:
                OnInstanceCrashed(m.Instance, m.IsOnJob, now, outbox);
                break;
            case GateInput.InstanceStopped m:
                OnInstanceStopped(m.Instance, m.Cause, now, outbox);
                break;
            case GateInput.StoppedInstanceEnded m:
                OnStoppedInstanceEnded(m.Birth, now, outbox);
                break;
            case GateInput.MessageArrived:
                OnMessageArrived(outbox);
                break;
            case GateInput.Drain m:
                OnDrain(m.Timeout, now, outbox);
                break;
            case GateInput.Open:
                Open(outbox);
                break;
            default:
                throw Inputs.Unknown(input, "a gate");
        }
    }

    private void Open(List<GateEffect> effects)
    {
        foreach (var slot in _slots)
        {
            Build(slot, effects);
        }
    }

    private void OnJobArrived(long token, Job arrived, TimeSpan now, List<GateEffect> effects)
    {
        var (id, attempt, remaining, waited) = (arrived.Id, arrived.Attempt, arrived.Remaining, arrived.Waited);
        if (_tries.ContainsKey((id, attempt)))
        {
            effects.Add(new GateEffect.IgnoreDuplicate(token));
            return;
        }

        var job = new HeldJob(token, id, attempt, now - (waited > TimeSpan.Zero ? waited : TimeSpan.Zero), Later(now, remaining));
        if (IsDraining)
        {
            effects.Add(Draining(job));
        }
        else if (remaining <= TimeSpan.Zero)
        {
            effects.Add(TooLate(job));
        }
        else if (Trouble is { } trouble)
        {
            effects.Add(Rejected(job, JobRejectReason.Unable, trouble));
        }
        else if (MakeRoom(job, now, effects))
        {
            _accepted++;
            _held.Add(job.Token, job);
            _tries.Add(job.Try, job);
            _dues.Set(job.Due, job.Deadline);
            _queue.Add(job);
            Review(now, effects);
        }
    }

    private void OnCancelArrived(JobId id, int attempt, TimeSpan now, List<GateEffect> effects)
    {
        if (!_tries.TryGetValue((id, attempt), out var job))
        {
            return;
        }

        if (job.RunsOn is null)
        {
            GiveUp(job, new GateEffect.Drop(job.Token), now, effects);
            Review(now, effects);
        }
        else if (!job.IsCancelled)
        {
            job.IsCancelled = true;
            ForgetProgress(job);
            effects.Add(new GateEffect.CancelRunning(job.Token));
        }
    }

    private void OnReplyBegun(long token, TimeSpan now, List<GateEffect> effects)
    {
        if (RunningSlot(token) is not { Job: { } job } slot)
        {
            return;
        }

        Measure(job, now, effects);
        ForgetProgress(job);
        (slot.Job, job.RunsOn) = (null, null);
        Settle(slot, effects, job.EndMark);
        if (job.IsCancelled)
        {
            End(job, new GateEffect.Drop(token), effects);
        }
        else
        {
            job.IsReplying = true;
            _replying.Add(job);
        }

        Review(now, effects);
    }

    private void OnProgressed(long token, TimeSpan now, List<GateEffect> effects)
    {
        if (_held.GetValueOrDefault(token) is not { RunsOn: not null, IsCancelled: false } job)
        {
            return;
        }

        if (job.ProgressAt is { } at && now < at)
        {
            _dues.Set(job.ProgressDue, at);
        }
        else
        {
            TellProgress(job, now, effects);
        }
    }

    private static void TellProgress(HeldJob job, TimeSpan now, List<GateEffect> effects)
    {
        job.ProgressAt = now + GateSettings.ProgressInterval;
        effects.Add(new GateEffect.TellProgress(job.Token));
    }

    private void ForgetProgress(HeldJob job)
    {
        if (job.ProgressAt is not null)
        {
            _dues.Remove(job.ProgressDue);
        }
    }

    private void OnMessageUnhandled(long token, string text, TimeSpan now, List<GateEffect> effects)
    {
        if (RunningSlot(token) is { } slot)
        {
            EndRunning(token, Rejected(slot.Job!, JobRejectReason.Unhandled, text), now, effects);
        }
    }

    private void OnMessageUnreadable(long token, string text, TimeSpan now, List<GateEffect> effects)
    {
        if (RunningSlot(token) is not { } slot)
        {
            return;
        }

        End(slot.Job!, Rejected(slot.Job!, JobRejectReason.Unreadable, text), effects);
        Set(slot, SlotState.Free);
        Review(now, effects);
    }

    private void OnJobReturned(long token, TimeSpan now, List<GateEffect> effects)
    {
        if (RunningSlot(token) is not { } slot)
        {
            return;
        }

        // No question: nobody is there to answer it.
        slot.Mark = ++_lastMark;
        Set(slot, SlotState.Settling);
        PutBack(slot.Job!, effects);
        Review(now, effects);
    }

    private void OnInstanceCrashed(int instance, bool isOnJob, TimeSpan now, List<GateEffect> effects)
    {
        var slot = _slots[instance];
        switch (slot.State)
        {
            case SlotState.Running when isOnJob || slot.HasBegun:
                EndRunning(slot.Job!.Token, new GateEffect.AnswerFailed(slot.Job.Token, JobFailureReason.Crash), now, effects);
                break;
            case SlotState.Free:
                // What the crashed one had put into its own mailbox is still there, and not the next job's fault.
                effects.Add(new GateEffect.LogLateCrash(instance));
                Settle(slot, effects);
                break;
            default:
                effects.Add(new GateEffect.LogLateCrash(instance));
                break;
        }
    }

    private void OnInstanceStopped(int instance, string? cause, TimeSpan now, List<GateEffect> effects)
    {
        var slot = _slots[instance];
        if (slot.Job is { } job)
        {
            if (slot.HasBegun)
            {
                Measure(job, now, effects);
                End(job, new GateEffect.AnswerFailed(job.Token, JobFailureReason.Crash), effects);
            }
            else
            {
                // An answer to the question in front of the job would be here by now: the instance has taken neither.
                PutBack(job, effects);
            }
        }

        if (slot.IsProven)
        {
            Build(slot, effects);
        }
        else
        {
            _buildFailure = cause ?? "it ends before it takes a message";
            Set(slot, SlotState.Down);
            _dues.Set(new Due(DueKind.Rebuild, instance), Later(now, GateSettings.Rebuild.Bound(slot.Failures++)));
        }

        Review(now, effects);
    }

    private void OnStoppedInstanceEnded(long birth, TimeSpan now, List<GateEffect> effects)
    {
        if (!_ending.Remove(birth))
        {
            return;
        }

        if (!_dues.Remove(new Due(DueKind.Overdue, birth)))
        {
            _blocked--;
        }

        while (_ending.Count <= _settings.Threads && _postponed.TryDequeue(out var slot))
        {
            Build(slot, effects);
        }

        Review(now, effects);
    }

    private void OnInstanceIdle(int instance, long mark, TimeSpan now, List<GateEffect> effects)
    {
        var slot = _slots[instance];
        if (slot.Mark != mark || slot.State is SlotState.Down or SlotState.Free)
        {
            return;
        }

        _stuckSince = null;
        if (slot.State == SlotState.Running)
        {
            SetBegun(slot, true);
        }
        else
        {
            slot.IsProven = true;
            slot.Failures = 0;
            Set(slot, SlotState.Free);
        }

        Review(now, effects);
    }

    private void OnMessageArrived(List<GateEffect> effects)
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
            if (slot.Job is { } job)
            {
                // The question that its reply brings may be in front of this message.
                job.EndMark = 0;
            }
            else
            {
                Settle(slot, effects);
            }

            return;
        }

        effects.Add(new GateEffect.Undeliverable());
    }

    private void OnDrain(TimeSpan timeout, TimeSpan now, List<GateEffect> effects)
    {
        var isFirst = !IsDraining;
        if (isFirst)
        {
            (IsDraining, _drainingSince) = (true, now);
        }

        if (_dues.DueOf(Due.Drain) is not { } earlier || Later(now, timeout) < earlier)
        {
            _dues.Set(Due.Drain, Later(now, timeout));
        }

        RejectQueue(Draining, effects);

        if (isFirst && _held.Count > 0 && timeout > TimeSpan.Zero)
        {
            effects.Add(new GateEffect.LogDraining(_held.Count, timeout));
        }

        TellDrained(effects);
    }

    private void OnTick(TimeSpan now, List<GateEffect> effects)
    {
        while (_dues.TryTakeDue(now, out var due))
        {
            switch (due.Kind)
            {
                case DueKind.JobDeadline:
                    MissDeadline(_held[due.Key], now, effects);
                    break;
                case DueKind.Rebuild:
                    Build(_slots[due.Key], effects);
                    break;
                case DueKind.DrainTimeout:
                    AbandonRunning(now, effects);
                    break;
                case DueKind.Overdue:
                    _blocked++;
                    break;
                case DueKind.Progress:
                    TellProgress(_held[due.Key], now, effects);
                    break;
                case DueKind.Untaken:
                    GiveUp(_held[due.Key], new GateEffect.AnswerFailed(due.Key, JobFailureReason.UnsendableReply), now, effects);
                    break;
                case DueKind.Lingering:
                    _lingeringLong++;
                    break;
                case DueKind.Stuck:
                    break;
            }
        }

        Review(now, effects);
    }

    /// <summary>After everything that happened: can this worker do jobs, and which of them start now?</summary>
    private void Review(TimeSpan now, List<GateEffect> effects)
    {
        Dispatch(now, effects);
        ReviewAbility(now, effects);
    }

    private void ReviewAbility(TimeSpan now, List<GateEffect> effects)
    {
        var found = FindTrouble(now);
        if (found is not null ? found != _trouble : (_trouble is not null || !_isAbilityKnown) && CanWork)
        {
            var wasUnbuilt = _trouble == GateTrouble.Unbuilt;
            _trouble = found;
            _isAbilityKnown = true;
            Trouble = found is { } trouble ? Describe(trouble) : null;
            effects.Add(new GateEffect.AbilityChanged(Trouble));
            if (found is null && wasUnbuilt)
            {
                RebuildAll(effects);
            }
        }

        if (Trouble is { } text && _queue.Count > 0)
        {
            RejectQueue(job => Rejected(job, JobRejectReason.Unable, text), effects);
            TellDrained(effects);
        }
    }

    /// <summary>An instance is free, or has shown that it takes its job.</summary>
    private bool CanWork => _free.Count > 0 || _begun > 0;

    /// <summary>What the limit has found is how many run at full speed; those that reply do not run.</summary>
    private bool HasPlace
    {
        get
        {
            var running = _slotsIn[(int)SlotState.Running];
            return running + _replying.Count + _lingering.Count < _settings.Capacity && running < (_limit?.Current ?? _settings.Capacity);
        }
    }

    private GateTrouble? FindTrouble(TimeSpan now)
    {
        if (_lingeringLong >= _settings.Capacity)
        {
            return GateTrouble.Lingering;
        }

        if (_blocked >= _settings.Threads)
        {
            return GateTrouble.Blocked;
        }

        if (_slotsIn[(int)SlotState.Down] == _slots.Length && _postponed.Count < _slots.Length)
        {
            return GateTrouble.Unbuilt;
        }

        if (_queue.Count == 0 || CanWork)
        {
            _stuckSince = null;
            return null;
        }

        var due = Later(_stuckSince ??= now, GateSettings.SettleMax);
        if (due <= now)
        {
            return GateTrouble.Stuck;
        }

        // One that is there already for earlier finds that it is too early and sets the next. So most jobs set none.
        if (_dues.DueOf(Due.Stuck) is null)
        {
            _dues.Set(Due.Stuck, due);
        }

        return null;
    }

    private string Describe(GateTrouble trouble) => trouble switch
    {
        GateTrouble.Unbuilt => $"the worker's actor cannot be created: {_buildFailure}",
        GateTrouble.Blocked => Invariant(
            $"the worker's threads ({_settings.Threads}) are blocked: {Instances(_blocked)} stopped at the deadline and did not end"),
        GateTrouble.Lingering => Invariant(
            $"all of the worker's places ({_settings.Capacity}) are taken by replies that were given up and do not end"),
        GateTrouble.Stuck => "the worker's instances are not through with earlier messages: "
            + Invariant($"none became free in {GateSettings.SettleMax.TotalSeconds} s while jobs waited"),
    };

    private static string Instances(int count) => Invariant($"{count} {(count == 1 ? "instance was" : "instances were")}");

    /// <summary>Once one can be created, the others need not wait for their time.</summary>
    private void RebuildAll(List<GateEffect> effects)
    {
        foreach (var slot in _slots)
        {
            if (_dues.Remove(new Due(DueKind.Rebuild, slot.Index)))
            {
                Build(slot, effects);
            }
        }
    }

    /// <summary>Whether there is a place for the job; if not, it or the youngest that waits is rejected.</summary>
    private bool MakeRoom(HeldJob job, TimeSpan now, List<GateEffect> effects)
    {
        if (_held.Count + _lingering.Count < (_limit?.Places ?? _settings.Capacity) + (long)_settings.Queue)
        {
            return true;
        }

        if (_queue.Max is not { } youngest || youngest.CompareTo(job) < 0)
        {
            effects.Add(OverCapacity(job));
            return false;
        }

        End(youngest, youngest.Deadline <= now ? TooLate(youngest) : OverCapacity(youngest), effects);
        return true;
    }

    private void Dispatch(TimeSpan now, List<GateEffect> effects)
    {
        while (_free.Count > 0 && HasPlace && _queue.Min is { } job)
        {
            if (job.Deadline <= now)
            {
                // The tick that is due has not come yet.
                MissDeadline(job, now, effects);
                continue;
            }

            var slot = _slots[_free.Min];
            _queue.Remove(job);
            job.RunsOn = slot;
            job.StartedAt = now;
            slot.Job = job;
            slot.Mark = ++_lastMark;
            job.EndMark = ++_lastMark;
            Set(slot, SlotState.Running);
            job.Start = _limit?.Started(_slotsIn[(int)SlotState.Running], now) ?? default;
            effects.Add(new GateEffect.Start(slot.Index, job.Token, slot.Mark, job.EndMark));
        }
    }

    private void MissDeadline(HeldJob job, TimeSpan now, List<GateEffect> effects)
    {
        if (job.RunsOn is not { } slot)
        {
            GiveUp(
                job, job.IsReplying ? new GateEffect.AnswerFailed(job.Token, JobFailureReason.DeadlineExceeded) : TooLate(job), now, effects);
            return;
        }

        Measure(job, now, effects);
        End(job, new GateEffect.AnswerFailed(job.Token, JobFailureReason.DeadlineExceeded), effects);
        effects.Add(new GateEffect.StopInstance(slot.Index));
        _ending.Add(slot.Birth);
        _dues.Set(new Due(DueKind.Overdue, slot.Birth), Later(now, GateSettings.EndMax));
        if (_ending.Count <= _settings.Threads)
        {
            Build(slot, effects);
        }
        else
        {
            // Each of them may hold a thread for ever: there is a bound to how many are left behind.
            Set(slot, SlotState.Down);
            _postponed.Enqueue(slot);
        }
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
                EndRunning(job.Token, new GateEffect.AnswerFailed(job.Token, JobFailureReason.Drained), now, effects);
            }
        }

        foreach (var job in _replying.OrderBy(j => j.Token).ToList())
        {
            _unfinished++;
            GiveUp(job, new GateEffect.AnswerFailed(job.Token, JobFailureReason.Drained), now, effects);
        }

        Review(now, effects);
    }

    private void OnReplyStopped(long token, TimeSpan now, List<GateEffect> effects)
    {
        if (_lingering.Remove(token))
        {
            if (!_dues.Remove(new Due(DueKind.Lingering, token)))
            {
                _lingeringLong--;
            }

            Review(now, effects);
        }
    }

    /// <summary>Ends a job that has no instance. What makes the pieces of its reply hears of it, and may take its time.</summary>
    private void GiveUp(HeldJob job, GateEffect answer, TimeSpan now, List<GateEffect> effects)
    {
        if (job.IsReplying)
        {
            _lingering.Add(job.Token);
            _dues.Set(new Due(DueKind.Lingering, job.Token), Later(now, GateSettings.EndMax));
        }

        End(job, answer, effects);
    }

    private InstanceSlot? RunningSlot(long token) => _held.GetValueOrDefault(token)?.RunsOn;

    /// <param name="isReply">The instance has replied, which has asked it whether it is through.</param>
    private void EndRunning(long token, GateEffect answer, TimeSpan now, List<GateEffect> effects, bool isReply = false)
    {
        if (RunningSlot(token) is { Job: { } run } slot)
        {
            Measure(run, now, effects);
            End(run, answer, effects);
            Settle(slot, effects, isReply ? run.EndMark : 0);
            Review(now, effects);
        }
        else if (_held.GetValueOrDefault(token) is { IsReplying: true } job)
        {
            End(job, answer, effects);
            Review(now, effects);
        }
    }

    /// <summary>The one place where a job ends: it is answered and forgotten. What becomes of its instance is the caller's to say.</summary>
    private void End(HeldJob job, GateEffect answer, List<GateEffect> effects, bool tellDrained = true)
    {
        _held.Remove(job.Token);
        _tries.Remove(job.Try);
        _dues.Remove(job.Due);
        ForgetProgress(job);
        if (job.RunsOn is { } slot)
        {
            slot.Job = null;
        }
        else if (_replying.Remove(job))
        {
            _dues.Remove(job.UntakenDue);
        }
        else
        {
            _queue.Remove(job);
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
            _dues.Remove(Due.Drain);
            effects.Add(new GateEffect.Drained(_unfinished));
        }
    }

    /// <summary>The job was given to an instance that had ended. It was not started, and waits again where it belongs, a bounded number of
    /// times.</summary>
    private void PutBack(HeldJob job, List<GateEffect> effects)
    {
        job.RunsOn!.Job = null;
        job.RunsOn = null;
        ForgetProgress(job);
        if (job.IsCancelled)
        {
            End(job, new GateEffect.Drop(job.Token), effects);
        }
        else if (IsDraining)
        {
            End(job, Draining(job), effects);
        }
        else if (++job.Returns > GateSettings.ReturnsMax)
        {
            End(job, Rejected(job, JobRejectReason.Unable, "the worker's actor stops itself before it takes a job"), effects);
        }
        else
        {
            _queue.Add(job);
        }
    }

    private void RejectQueue(Func<HeldJob, GateEffect> answer, List<GateEffect> effects)
    {
        while (_queue.Min is { } job)
        {
            End(job, answer(job), effects, tellDrained: false);
        }
    }

    private static GateEffect.AnswerRejected Rejected(HeldJob job, JobRejectReason reason, string text, TimeSpan retryAfter = default) => new(
        job.Token, new JobRejected(job.Try.Id, job.Try.Attempt, reason, OneLine.Of(text, JobRejected.TextLengthMax), retryAfter));

    private static GateEffect.AnswerRejected Draining(HeldJob job) =>
        Rejected(job, JobRejectReason.Draining, "the worker takes no jobs now: it is stopping");

    private static GateEffect.AnswerRejected TooLate(HeldJob job) =>
        Rejected(job, JobRejectReason.DeadlinePassed, "the job's time was over before an instance was free");

    private GateEffect.AnswerRejected OverCapacity(HeldJob job) => Rejected(
        job,
        JobRejectReason.OverCapacity,
        Invariant($"the worker holds {_held.Count + _lingering.Count} jobs, which is its limit, and those have waited longer"),
        RetryAfter());

    /// <summary>When all that wait here will have been started, by the mean time that jobs take.</summary>
    private TimeSpan RetryAfter()
    {
        if (_service < TimeSpan.Zero)
        {
            return GateSettings.RetryAfterUnknown;
        }

        var wait = _service * ((_queue.Count + 1.0) / Math.Min(_settings.Instances, _limit?.Found ?? _settings.Capacity));
        return wait < GateSettings.RetryAfterMin ? GateSettings.RetryAfterMin : wait > GateSettings.RetryAfterMax ? GateSettings.RetryAfterMax : wait;
    }

    private void Measure(HeldJob job, TimeSpan now, List<GateEffect> effects)
    {
        var service = now - job.StartedAt;
        _service = _service < TimeSpan.Zero ? service : _service + ((service - _service) / ServiceWeight);
        _limit?.Ended(job.Start, service, _slotsIn[(int)SlotState.Running], now);
        if (_limit is { Found: var found } && found != _limitTold)
        {
            _limitTold = found;
            effects.Add(new GateEffect.LogLimit(found));
        }
    }

    private void Build(InstanceSlot slot, List<GateEffect> effects)
    {
        slot.IsProven = false;
        slot.Birth = ++_lastBirth;
        effects.Add(new GateEffect.BuildInstance(slot.Index, slot.Birth));
        Settle(slot, effects);
    }

    /// <param name="asked">The question that its reply puts into its mailbox; 0: there is none.</param>
    private void Settle(InstanceSlot slot, List<GateEffect> effects, long asked = 0)
    {
        Debug.Assert(slot.Job is null, "an instance with a job is not asked whether it is free");
        Set(slot, SlotState.Settling);
        if (asked != 0)
        {
            slot.Mark = asked;
            return;
        }

        slot.Mark = ++_lastMark;
        effects.Add(new GateEffect.Probe(slot.Index, slot.Mark));
    }

    private void Set(InstanceSlot slot, SlotState state)
    {
        SetBegun(slot, false);
        _slotsIn[(int)slot.State]--;
        slot.State = state;
        _slotsIn[(int)state]++;
        if (state == SlotState.Free)
        {
            _free.Add(slot.Index);
        }
        else
        {
            _free.Remove(slot.Index);
        }
    }

    private void SetBegun(InstanceSlot slot, bool hasBegun)
    {
        _begun += (hasBegun ? 1 : 0) - (slot.HasBegun ? 1 : 0);
        slot.HasBegun = hasBegun;
    }

    private static TimeSpan Later(TimeSpan now, TimeSpan wait) => wait > TimeSpan.MaxValue - now ? TimeSpan.MaxValue : now + wait;

    private static string Invariant(FormattableString text) => text.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
