using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Endpoints;
using AkkaLb.Core;
using AkkaLb.Core.Gate;
using AkkaLb.Core.Machines;
using AkkaLb.Messages;

namespace AkkaLb.Worker;

/// <summary>The worker's door, at <c>/user/worker</c> or <c>/user/worker-NAME</c>: takes jobs, has instances of the user's actor do them, and answers
/// each job once.</summary>
/// <remarks>
/// <para>Answers <see cref="Job"/> with <see cref="JobDone"/>, <see cref="JobFailed"/> or <see cref="JobRejected"/>, and <see cref="StartDrain"/>
/// with <see cref="Drained"/>; anything else goes to an instance as it is, sender kept. What happens when is decided in <see cref="GateCore"/>.
/// Each instance has an <see cref="InstanceKeeper"/> of its own.</para>
/// <para>Trouble with one effect is logged and ends there: no other job hears of it, and no effect is carried out twice. When the gate itself
/// stops or is restarted, what it still holds is answered as after a drain without time.</para>
/// <para>A job that was given to an instance which had stopped by then comes back as a dead letter, mostly before the instance's end is told: the
/// mailbox is emptied first. When the end was on the way already the dead letter comes too late, and one that meets the very moment of the end is
/// lost by Akka; the missing answer to the question in front of the job then says that it was not started. A message that its actor does not
/// handle is published by Akka. The gate listens for all of them.</para>
/// </remarks>
internal sealed class WorkerGate : MachineShell<GateEffect>
{
    /// <summary>Bound of what is said of a cause where it is part of a reason, in characters.</summary>
    private const int CauseLengthMax = 200;

    private readonly Props _instanceProps;
    private readonly JobGauge? _gauge;
    private readonly IJobLedger? _ledger;
    private readonly IActorRef? _abilityListener;
    private readonly StrongBox<long> _lastNumber;
    private readonly ExtendedActorSystem _system = (ExtendedActorSystem)Context.System;
    private readonly RareLines _lines = new(TimeSpan.FromMinutes(1), linesMax: 100);

    /// <summary>What a frame can carry.</summary>
    private readonly int _pieceBytesMax;

    private readonly Func<object?, Job, ReplyContent> _contentOf;
    private readonly GateTelemetry _telemetry;
    private readonly Lazy<TaskScheduler> _senders;
    private readonly GateCore _core;
    private readonly Dictionary<long, HeldRequest> _held = [];

    /// <summary>Of those, the ones whose replies go out in pieces.</summary>
    private readonly Dictionary<(JobId Id, int Attempt), (long Token, HeldRequest Held)> _replying = [];

    /// <summary>Those that may get jobs, by place.</summary>
    private readonly Instance?[] _instances;

    /// <summary>All that have not ended, also those that were stopped.</summary>
    private readonly Dictionary<IActorRef, Instance> _byKeeper = [];

    /// <summary>Those that may get jobs and have answered.</summary>
    private readonly Dictionary<IActorRef, Instance> _byActor = [];

    private readonly List<IActorRef> _drainers = [];
    private long _lastToken;
    private bool _isInTrouble;

    /// <summary>The message that is no job and is being handled.</summary>
    private object? _passing;

    /// <summary>What the crash that is being handled says; null: the instance stopped itself.</summary>
    private ExceptionText? _crash;

    public WorkerGate(
        Props instanceProps,
        GateSettings settings,
        string? instanceDispatcher,
        JobGauge? gauge,
        IJobLedger? ledger,
        IActorRef? abilityListener,
        string service,
        StrongBox<long> lastNumber)
        : this(instanceProps, settings, instanceDispatcher, gauge, ledger, abilityListener, service, lastNumber, new GateCore(settings))
    {
    }

    private WorkerGate(
        Props instanceProps,
        GateSettings settings,
        string? instanceDispatcher,
        JobGauge? gauge,
        IJobLedger? ledger,
        IActorRef? abilityListener,
        string service,
        StrongBox<long> lastNumber,
        GateCore core)
        : base(core)
    {
        (_core, _telemetry) = (core, new GateTelemetry(service, OnListenerThrew));
        _instanceProps = instanceDispatcher is null ? instanceProps : instanceProps.WithDispatcher(instanceDispatcher);
        // Not now: a dispatcher that is not there is the trouble of the instances.
        _senders = new(() => new DispatcherScheduler(_system.Dispatchers.Lookup(_instanceProps.Dispatcher)));
        _gauge = gauge;
        _ledger = ledger;
        _abilityListener = abilityListener;
        _lastNumber = lastNumber;
        _pieceBytesMax = Payloads.DataBytesMax(Payloads.FrameBytesMax(_system));
        var (system, pieceBytesMax, replyBytesMax) = (_system, _pieceBytesMax, settings.ReplyBytesMax);
        _contentOf = (reply, job) => ReplyContent.Of(system, reply, job, pieceBytesMax, replyBytesMax);
        _instances = new Instance?[settings.Instances];
        Open();
    }

    /// <param name="instance">The user's actor. It may block: see <paramref name="instanceDispatcher"/>.</param>
    /// <param name="settings">Capacity, queue, and number of instances and of their threads.</param>
    /// <param name="instanceDispatcher">
    /// The dispatcher of the instances: its path in HOCON, normally <c>akkalb.worker.instance-dispatcher</c>. Users' code may block or
    /// compute for long; on threads of its own it cannot use up the shared pool, which must stay free to renew the worker's lease and
    /// to send its memory reports. Null: the dispatcher that the props name, or Akka's default.
    /// </param>
    /// <param name="gauge">Where to publish the number of jobs in flight; null: nowhere.</param>
    /// <param name="ledger">Where to note finished jobs; null: nowhere. The caller disposes it, after the gate has stopped.</param>
    /// <param name="abilityListener">Whom to tell of each <see cref="GateAbility"/>; null: nobody.</param>
    /// <param name="service">Of the worker, for what is measured.</param>
    public static Props Props(
        Props instance,
        GateSettings settings,
        string? instanceDispatcher = null,
        JobGauge? gauge = null,
        IJobLedger? ledger = null,
        IActorRef? abilityListener = null,
        string service = WorkerService.Default)
    {
        // Outlives a restart of the gate: a name of an instance that has not ended is taken.
        var lastNumber = new StrongBox<long>();
        return Akka.Actor.Props.Create(() => new WorkerGate(
            instance, settings, instanceDispatcher, gauge, ledger, abilityListener, service, lastNumber));
    }

    private void Open()
    {
        Receive<Job>(OnJob);
        Receive<CancelJob>(OnCancel);
        Receive<TakeReply>(OnTakeReply);
        Receive<FirstPieceSent>(m => Step(new GateInput.ReplyTaken(m.Token)));
        Receive<ReplySent>(OnReplySent);
        Receive<ReplyCame>(m => Settle(m.Token));
        Receive<ProgressCame>(m => Step(new GateInput.Progressed(m.Token)));
        Receive<CallbackThrew>(OnCallbackThrew);
        Receive<ActorIdentity>(m => m.MessageId is Question, OnAnswer);
        Receive<InstanceKeeper.Crashed>(OnCrashed);
        Receive<InstanceKeeper.NotCreated>(OnNotCreated);
        Receive<Terminated>(OnTerminated);
        Receive<DeadLetter>(OnDeadLetter);
        Receive<SuppressedDeadLetter>(OnDeadLetter);
        Receive<UnhandledMessage>(OnUnhandled);
        Receive<StartDrain>(OnStartDrain);
        ReceiveAny(m =>
        {
            _passing = m;
            Step(new GateInput.MessageArrived());
        });
    }

    /// <summary>The fine clock: short jobs are measured with it.</summary>
    protected override TimeSpan Now => _system.Scheduler.HighResMonotonicClock;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
        Context.System.EventStream.Subscribe(Self, typeof(SuppressedDeadLetter));
        Context.System.EventStream.Subscribe(Self, typeof(UnhandledMessage));
        Step(new GateInput.Open());
    }

    // What instances answered counts; what they left is failed, so that no client waits for nothing.
    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        Try("answer the jobs it holds", () =>
        {
            BeforeTick();
            Step(new GateInput.Drain(TimeSpan.Zero));
            Step(Tick.Instance);
        });
        foreach (var token in _held.Keys.ToList())
        {
            // None, unless the core itself has a fault.
            Try("answer a job", () => AnswerFailed(Release(token), JobFailureReason.Drained));
        }

        foreach (var keeper in _byKeeper.Keys)
        {
            Try("stop an instance", () => Context.Stop(keeper));
        }
    }

    private void OnJob(Job job)
    {
        var token = ++_lastToken;
        _held.Add(token, new HeldRequest(job, Sender, Now));
        Step(new GateInput.JobArrived(token, job));
    }

    /// <summary>Only whoever sent a job cancels it: ids of jobs stand in logs.</summary>
    private void OnCancel(CancelJob message)
    {
        if (_held.Values.Any(held => (held.Job.Id, held.Job.Attempt) == (message.Id, message.Attempt) && held.Client.Equals(Sender)))
        {
            Step(new GateInput.CancelArrived(message.Id, message.Attempt));
        }
    }

    private void OnTakeReply(TakeReply message)
    {
        if (_replying.TryGetValue((message.Id, message.Attempt), out var replying) && replying.Held.Client.Equals(Sender))
        {
            replying.Held.Sender!.Allow(message.UpTo);
            Step(new GateInput.ReplyTaken(replying.Token));
        }
    }

    private void OnReplySent(ReplySent message)
    {
        if (!_held.TryGetValue(message.Token, out var held) || held.Reply != message.Reply)
        {
            Step(new GateInput.ReplyStopped(message.Token));
            return;
        }

        held.Sent = message.Ended;
        Step(message.Ended is { Trouble: not null, IsUnsendable: false }
            ? new GateInput.ReplyFailed(message.Token)
            : new GateInput.Replied(message.Token));
    }

    private void OnCallbackThrew(CallbackThrew message)
    {
        var cause = ExceptionText.Of(message.Cause);
        if (_lines.Say($"callback {cause.Type}", $"a callback on the cancellation of job {message.Id} has thrown: {cause.Details}", Now) is { } line)
        {
            Log.Warning("{0}", line);
        }
    }

    private void OnAnswer(ActorIdentity message)
    {
        var question = (Question)message.MessageId;
        if (message.Subject is not { } actor || InstanceOf(question.Instance, question.Birth) is not { } instance)
        {
            // Akka's dead letters answer for an instance that has ended, or it was stopped; its Terminated is on the way.
            return;
        }

        if (question.Mark == instance.LastMark)
        {
            // Nothing for it is on the way through its keeper any more: from here on it can be written to directly, in order.
            instance.Actor = actor;
            _byActor[actor] = instance;
        }

        Step(new GateInput.InstanceIdle(question.Instance, question.Mark));
    }

    private void OnCrashed(InstanceKeeper.Crashed message)
    {
        if (Array.Find(_instances, i => i?.Birth == message.Birth) is not { } instance)
        {
            return;
        }

        // The reply may have been made before the crash.
        Settle(instance.Token);
        if (_instances[instance.Index] != instance)
        {
            return;
        }

        _crash = message.Cause;
        var isOnJob = message.Message is { } handled && _held.TryGetValue(instance.Token, out var held) && ReferenceEquals(held.Message, handled);
        Step(new GateInput.InstanceCrashed(instance.Index, isOnJob));
        _crash = null;
    }

    private void OnNotCreated(InstanceKeeper.NotCreated message)
    {
        if (Array.Find(_instances, i => i?.Birth == message.Birth) is not { } instance)
        {
            return;
        }

        instance.Trouble = message.Cause;
        if (_lines.Say(message.Cause.Type, $"an instance of the worker's actor cannot be created: {message.Cause.Details}", Now) is { } line)
        {
            Log.Error("{0}", line);
        }
    }

    private void OnTerminated(Terminated message)
    {
        if (!_byKeeper.Remove(message.ActorRef, out var instance))
        {
            return;
        }

        if (_instances[instance.Index] == instance)
        {
            Settle(instance.Token);
        }

        // What was just done may have stopped it.
        if (_instances[instance.Index] == instance)
        {
            Forget(instance);
            _crash = instance.Trouble;
            var cause = instance.Trouble is { } trouble ? OneLine.Of(trouble.ToString(), CauseLengthMax) : null;
            Step(new GateInput.InstanceStopped(instance.Index, cause));
            _crash = null;
        }
        else
        {
            Step(new GateInput.StoppedInstanceEnded(instance.Birth));
        }
    }

    private void OnDeadLetter(AllDeadLetters message)
    {
        if (RunningOn(message.Recipient, message.Message) is { } token)
        {
            // An actor may answer a job, put it back into its own mailbox and stop.
            Settle(token);
            Step(new GateInput.JobReturned(token));
        }
    }

    private void OnUnhandled(UnhandledMessage message)
    {
        if (RunningOn(message.Recipient, message.Message) is { } token)
        {
            Settle(token);
            Step(new GateInput.MessageUnhandled(token, $"the worker's actor does not handle {message.Message.GetType()}"));
        }
    }

    /// <summary>The job whose message this very object is, where it was given to this instance; null: none.</summary>
    private long? RunningOn(IActorRef actor, object message) =>
        _byActor.TryGetValue(actor, out var instance) && _held.TryGetValue(instance.Token, out var held) && ReferenceEquals(held.Message, message)
            ? instance.Token
            : null;

    private void OnStartDrain(StartDrain message)
    {
        _drainers.Add(Sender);
        Step(new GateInput.Drain(message.Timeout));
    }

    /// <summary>Tells the core of the job's reply, if it has been made and not been told yet.</summary>
    private void Settle(long token)
    {
        if (!_held.TryGetValue(token, out var held) || held.Sender is not null || held.Reply is not { Content: { } content } reply)
        {
            return;
        }

        if (content is ReplyContent.Streamed
            || (content is ReplyContent.Message { Payload: var payload } && !Payloads.Fits(payload, _pieceBytesMax)))
        {
            var (begun, cancelled) = (new FirstPieceSent(token), reply.Context.CancellationToken);
            held.Sender = new ReplySender(_system, held.Job, held.Client, Self, begun, _pieceBytesMax, cancelled);
            _replying[(held.Job.Id, held.Job.Attempt)] = (token, held);
            Step(new GateInput.ReplyBegun(token));
            if (_held.ContainsKey(token))
            {
                // The pieces do not come by the outbox.
                SendWaiting(held.Client);
                held.Sender.RunAsync(content, _senders.Value).PipeTo(Self, success: ended => new ReplySent(token, reply, ended));
            }
            else
            {
                (content as ReplyContent.Streamed)?.Stream.Discard();
            }
        }
        else
        {
            Step(content is ReplyContent.Failure ? new GateInput.ReplyFailed(token) : new GateInput.Replied(token));
        }
    }

    /// <summary>A reply that came in time and waits in the mailbox behind the timer is no missed deadline.</summary>
    protected override void BeforeTick()
    {
        foreach (var instance in _instances)
        {
            if (instance is not null)
            {
                Settle(instance.Token);
            }
        }
    }

    protected override void AfterStep() => _gauge?.Publish(new GateLoad(_core.Jobs, _core.Places));

    /// <summary>Users' serializers, ledgers and exceptions meet each other here; all but this one effect must not hear of it.</summary>
    protected override void Contain(GateEffect effect, Exception cause)
    {
        var text = ExceptionText.Of(cause);
        Log.Error("the effect {0} of the gate failed: {1}", effect.GetType().Name, text.Details);
        switch (effect)
        {
            case GateEffect.BuildInstance build:
                Step(new GateInput.InstanceStopped(build.Instance, OneLine.Of(text.ToString(), CauseLengthMax)));
                break;
            case GateEffect.Start start:
                Step(new GateInput.MessageUnreadable(start.Token, text.Message));
                break;
        }
    }

    /// <summary>On the way out everything is tried, and nothing that fails keeps the rest from being done.</summary>
    private void Try(string what, Action act)
    {
        try
        {
            act();
        }
        catch (Exception e)
        {
            Log.Error("the gate could not {0}: {1}", what, ExceptionText.Of(e).Details);
        }
    }

    protected override void Perform(GateEffect effect)
    {
        switch (effect)
        {
            case GateEffect.BuildInstance e:
                Build(e.Instance, e.Birth);
                break;
            case GateEffect.StopInstance e:
                Stop(e.Instance);
                break;
            case GateEffect.Probe e:
                if (_instances[e.Instance] is { } asked)
                {
                    asked.LastMark = e.Mark;
                    asked.Post(asked.Question(e.Mark), Self);
                }

                break;
            case GateEffect.Start e:
                Start(_instances[e.Instance]!, e);
                break;
            case GateEffect.Forward e:
                _instances[e.Instance]?.Post(_passing!, Sender);
                break;
            case GateEffect.Undeliverable:
                Unhandled(_passing);
                break;
            case GateEffect.AnswerDone e:
                AnswerDone(Release(e.Token));
                break;
            case GateEffect.AnswerFailed e:
                AnswerFailed(Release(e.Token), e.Reason);
                break;
            case GateEffect.AnswerRejected e:
                AnswerRejected(Release(e.Token), e.Message);
                break;
            case GateEffect.TellProgress e:
                TellProgress(_held[e.Token]);
                break;
            case GateEffect.IgnoreDuplicate e:
                Release(e.Token);
                break;
            case GateEffect.Drop e:
                Measure(Release(e.Token), "Cancelled", "its caller cancelled it");
                break;
            case GateEffect.CancelRunning e:
                _held[e.Token].Reply!.Context.Cancel();
                break;
            case GateEffect.LogLateCrash e:
                if (_lines.Say(
                    $"late-crash {_crash?.Type}", $"instance {e.Instance} crashed when it had no job: {_crash?.Details}", Now) is { } late)
                {
                    Log.Warning("{0}", late);
                }

                break;
            case GateEffect.LogDraining e:
                Log.Info("this worker drains: {0} may take {1} at most", RunningJobs(e.Running), Seconds(e.Timeout));
                break;
            case GateEffect.LogGivenUp e:
                Log.Warning(
                    "this worker gave up {0} after {1} of draining: the time to drain is how long they may take", RunningJobs(e.Unfinished),
                    Seconds(e.After));
                break;
            case GateEffect.LogLimit e:
                if (_lines.Say(
                    "limit", $"this worker has found that it can run {BalancedWorker.Jobs(e.Limit)} at once at full speed", Now) is { } line)
                {
                    Log.Info("{0}", line);
                }

                break;
            case GateEffect.AbilityChanged e:
                TellAbility(e.Trouble);
                break;
            case GateEffect.Drained e:
                _drainers.ForEach(drainer => drainer.Tell(new Drained(e.Unfinished)));
                _drainers.Clear();
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Build(int index, long birth)
    {
        // With the gate's uid: instances of a gate that was here before may not have ended yet.
        var name = $"{Self.Path.Name.TrimStart('$')}-instance-{Self.Path.Uid}-{index}-{++_lastNumber.Value}";
#pragma warning disable AK1008 // Not a child: the gate would wait for it to end before it answers what it holds.
        var keeper = Context.System.ActorOf(InstanceKeeper.Props(_instanceProps, Self, birth), name);
#pragma warning restore AK1008
        Context.Watch(keeper);
        var instance = new Instance(index, birth, keeper);
        _instances[index] = instance;
        _byKeeper.Add(keeper, instance);
    }

    private void Stop(int index)
    {
        var instance = _instances[index]!;
        Forget(instance);
        Context.Stop(instance.Keeper);
    }

    private void Forget(Instance instance)
    {
        _instances[instance.Index] = null;
        if (instance.Actor is { } actor)
        {
            _byActor.Remove(actor);
        }
    }

    private void Start(Instance instance, GateEffect.Start start)
    {
        var token = start.Token;
        var held = _held[token];
        var actor = instance.Actor!;
        try
        {
            held.Message = Payloads.Unwrap(_system, held.Job.Message);
        }
        catch (Exception e)
        {
            // A serializer of the user's may throw anything.
            Step(new GateInput.MessageUnreadable(token, ExceptionText.Of(e).Message));
            return;
        }

        instance.Token = token;
        instance.LastMark = start.EndMark;
        actor.Tell(instance.Question(start.Mark), Self);
        // It is there when the job was given to an instance that had ended.
        held.Reply?.End(isGivenUp: false);
        if (!held.IsStarted)
        {
            held.IsStarted = true;
            held.Span = _telemetry.Started(held.Job, Now - held.ArrivedAt);
        }

        var context = new JobContext(_system, held.Job, held.ArrivedAt, held.Span?.Context, Self, token);
        held.Reply = new JobReply(_system.Provider, context, _contentOf, Self, token, actor, instance.Question(start.EndMark));
        actor.Tell(held.Message, held.Reply);
    }

    private HeldRequest Release(long token)
    {
        _held.Remove(token, out var held);
        if (held!.Sender is not null)
        {
            _replying.Remove((held.Job.Id, held.Job.Attempt));
        }

        held.Reply?.End(isGivenUp: held is { Sender: not null, Sent: null });
        return held;
    }

    private void TellProgress(HeldRequest held)
    {
        if (held.Reply!.Context.TakeProgress() is not { } progress)
        {
            return;
        }

        try
        {
            Send(held, new JobProgress(held.Job.Id, held.Job.Attempt, Payloads.Wrap(_system, progress, _pieceBytesMax)));
        }
        catch (Exception e)
        {
            // A serializer of the user's may throw anything. The job goes on.
            var problem = ExceptionText.Of(e).Message;
            if (_lines.Say($"progress {problem}", $"progress of job {held.Job.Id} cannot be sent: {problem}", Now) is { } line)
            {
                Log.Warning("{0}", line);
            }
        }
    }

    private void AnswerDone(HeldRequest held)
    {
        if ((held.Sent?.Trouble ?? (held.Reply!.Content as ReplyContent.Unsendable)?.Cause) is { } cause)
        {
            Answer(held, JobFailureReason.UnsendableReply, cause);
            return;
        }

        Note(held, JobOutcomes.Done);
        Send(held, new JobDone(
            held.Job.Id, held.Job.Attempt, held.Sent is null ? ((ReplyContent.Message)held.Reply!.Content!).Payload : Payload.None, _core.Jobs,
            held.Sent?.End));
        Measure(held, error: null, cause: null);
    }

    private void AnswerFailed(HeldRequest held, JobFailureReason reason)
    {
        // A client whose jobs crash must not decide how large the log gets: once a minute for each kind of exception, with a count.
        if (reason == JobFailureReason.Crash && _crash is { } crash
            && _lines.Say($"crash {crash.Type}", $"job {held.Job.Id} crashed an instance of the worker's actor: {crash.Details}", Now) is { } line)
        {
            Log.Error("{0}", line);
        }

        var (cause, text) = reason switch
        {
            JobFailureReason.Failure => (FailureIn(held), "the worker's actor answered with a failure that names no cause"),
            JobFailureReason.Crash => (_crash, "the worker's actor stopped itself, or could not be started, while it had this job"),
            JobFailureReason.DeadlineExceeded => (null, $"the job was not done within {Seconds(held.Job.Remaining)}"),
            JobFailureReason.UnreadableMessage => (null, ""),
            JobFailureReason.UnsendableReply => (
                null, $"the client has not said for {Seconds(GateSettings.UntakenMax)} that it takes more of the reply"),
            JobFailureReason.Drained => (null, "the worker stopped before the job was done"),
        };
        Answer(held, reason, cause ?? new ExceptionText("", text, ""));
    }

    private void Answer(HeldRequest held, JobFailureReason reason, ExceptionText cause)
    {
        Note(held, JobOutcomes.Failed);
        Send(held, new JobFailed(held.Job.Id, held.Job.Attempt, reason, cause.Type, cause.Message, _core.Jobs));
        Measure(held, reason.ToString(), cause.Message);
    }

    private void AnswerRejected(HeldRequest held, JobRejected rejected)
    {
        if (rejected.Reason is JobRejectReason.Unreadable or JobRejectReason.Unhandled
            && _lines.Say(rejected.Text, $"job {rejected.Id} was not started: {rejected.Text}", Now) is { } line)
        {
            Log.Warning("{0}", line);
        }

        Send(held, rejected with { Counts = _core.Jobs });
        _telemetry.WasRejected(rejected.Reason);
        Measure(held, rejected.Reason.ToString(), rejected.Text);
    }

    private void Send(HeldRequest held, IAkkaLbMessage message) => Send(held.Client, message, held.Job.TakesBatches);

    private void OnListenerThrew(Exception cause)
    {
        var text = ExceptionText.Of(cause);
        if (_lines.Say($"measured {text.Type}", $"what is measured of this worker's jobs could not be told: {text.Details}", Now) is { } line)
        {
            Log.Warning("{0}", line);
        }
    }

    /// <summary>Of a job that was started.</summary>
    private void Measure(HeldRequest held, string? error, string? cause)
    {
        if (held.IsStarted)
        {
            _telemetry.Ended(held.Span, Now - held.ArrivedAt, error, cause);
        }
    }

    private void TellAbility(string? trouble)
    {
        if (trouble is not null)
        {
            Log.Error("this worker cannot do jobs: {0}", trouble);
        }
        else if (_isInTrouble)
        {
            Log.Info("this worker can do jobs again");
        }

        _isInTrouble = trouble is not null;

        _abilityListener?.Tell(new GateAbility(trouble));
    }

    private void Note(HeldRequest held, string outcome)
    {
        try
        {
            _ledger?.Finished(held.Job.Id, held.Job.Attempt, outcome);
        }
        catch (Exception e)
        {
            var problem = ExceptionText.Of(e).Message;
            if (_lines.Say($"ledger {problem}", $"job {held.Job.Id} is missing in the ledger: {problem}", Now) is { } line)
            {
                Log.Error("{0}", line);
            }
        }
    }

    private static ExceptionText? FailureIn(HeldRequest held) =>
        held.Sent?.Trouble ?? (held.Reply?.Content as ReplyContent.Failure)?.Cause;

    private static string RunningJobs(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} running {(count == 1 ? "job" : "jobs")}");

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    private Instance? InstanceOf(int index, long birth) => _instances[index] is { } instance && instance.Birth == birth ? instance : null;

    /// <summary>A job from its arrival to its answer.</summary>
    private sealed class HeldRequest(Job job, IActorRef client, TimeSpan arrivedAt)
    {
        public Job Job { get; } = job;

        public IActorRef Client { get; } = client;

        public TimeSpan ArrivedAt { get; } = arrivedAt;

        /// <summary>An instance has got it at least once.</summary>
        public bool IsStarted { get; set; }

        /// <summary>Of its trace; null: nobody wants one.</summary>
        public Activity? Span { get; set; }

        /// <summary>What the instance got: this very object comes back when it was not handled. Null before the start.</summary>
        public object? Message { get; set; }

        /// <summary>Null before the start.</summary>
        public JobReply? Reply { get; set; }

        /// <summary>Null: the reply does not go out in pieces, or has not been made.</summary>
        public ReplySender? Sender { get; set; }

        /// <summary>How that has ended; null: it has not.</summary>
        public ReplySender.Ended? Sent { get; set; }
    }

    private sealed class Instance(int index, long birth, IActorRef keeper)
    {
        public int Index { get; } = index;

        public long Birth { get; } = birth;

        public IActorRef Keeper { get; } = keeper;

        /// <summary>Known since it answered; null: it is reached through its keeper.</summary>
        public IActorRef? Actor { get; set; }

        /// <summary>The last job it got.</summary>
        public long Token { get; set; }

        /// <summary>The last question it was sent.</summary>
        public long LastMark { get; set; }

        /// <summary>Why it could not be created; null: it could, or that is not known yet.</summary>
        public ExceptionText? Trouble { get; set; }

        public Identify Question(long mark) => new(new Question(Index, Birth, mark));

        public void Post(object message, IActorRef sender)
        {
            if (Actor is { } actor)
            {
                actor.Tell(message, sender);
            }
            else
            {
                Keeper.Tell(new InstanceKeeper.Pass(message), sender);
            }
        }
    }

    /// <summary>To the gate: an instance has replied.</summary>
    internal sealed record ReplyCame(long Token) : INoSerializationVerificationNeeded;

    private sealed record FirstPieceSent(long Token) : INoSerializationVerificationNeeded;

    private sealed record ReplySent(long Token, JobReply Reply, ReplySender.Ended Ended) : INoSerializationVerificationNeeded;

    /// <summary>To the gate: there is progress to take.</summary>
    internal sealed record ProgressCame(long Token) : INoSerializationVerificationNeeded;

    /// <summary>To the gate: what a callback on a job's token has thrown.</summary>
    internal sealed record CallbackThrew(JobId Id, Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record Question(int Instance, long Birth, long Mark) : INoSerializationVerificationNeeded;
}
