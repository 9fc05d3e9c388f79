using System.Diagnostics;
using System.Globalization;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Gate;
using AkkaLb.Messages;

namespace AkkaLb.WorkerNode;

/// <summary>The worker's door, at <c>/user/worker</c>: takes jobs, has its children (the user's actors) do them, and answers each job once.</summary>
/// <remarks>
/// Answers <see cref="Job"/> with <see cref="JobDone"/>, <see cref="JobFailed"/> or <see cref="JobRejected"/>, and <see cref="StartDrain"/>
/// with <see cref="Drained"/>; anything else goes to an instance as it is, sender kept. What happens when is decided in <see cref="GateCore"/>.
/// When the gate itself stops, what it still holds is answered as after a drain without time.
/// </remarks>
public sealed class WorkerGate : ReceiveActor, IWithTimers
{
    /// <summary>Longer timers are set again on the way; Akka's wheel need not know of days.</summary>
    private static readonly TimeSpan TimerMax = TimeSpan.FromHours(1);

    private readonly Props _instanceProps;
    private readonly JobGauge? _gauge;
    private readonly IJobLedger? _ledger;
    private readonly IScheduler _clock = Context.System.Scheduler;
    private readonly ExtendedActorSystem _system = (ExtendedActorSystem)Context.System;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly int _replyBytesMax;

    private readonly GateCore _core;
    private readonly List<GateEffect> _effects = [];
    private readonly Dictionary<long, HeldRequest> _held = [];
    private readonly Instance?[] _instances;
    private readonly List<IActorRef> _drainers = [];
    private long _lastToken;
    private int _built;
    private TimeSpan? _timerDue;

    /// <summary>The message that is no job and is being handled.</summary>
    private object? _passing;

    /// <summary>What the crash that is being handled says; null: the instance stopped itself.</summary>
    private Exception? _crash;

    public WorkerGate(Props instanceProps, GateSettings settings, string? instanceDispatcher, JobGauge? gauge, IJobLedger? ledger)
    {
        _instanceProps = instanceDispatcher is null ? instanceProps : instanceProps.WithDispatcher(instanceDispatcher);
        _gauge = gauge;
        _ledger = ledger;
        _replyBytesMax = Payloads.DataBytesMax(Payloads.FrameBytesMax(_system));
        _core = new GateCore(settings);
        _instances = new Instance?[settings.Instances];
        Open();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _clock.MonotonicClock;

    /// <param name="instance">The user's actor. It may block: see <paramref name="instanceDispatcher"/>.</param>
    /// <param name="settings">Capacity and number of instances.</param>
    /// <param name="instanceDispatcher">
    /// The dispatcher of the instances: its path in HOCON, normally <c>akkalb.worker.instance-dispatcher</c>. Users' code may block or
    /// compute for long; on threads of its own it cannot use up the shared pool, which must stay free to renew the worker's lease and
    /// to send its memory reports. Null: the dispatcher that the props name, or Akka's default.
    /// </param>
    /// <param name="gauge">Where to publish the number of jobs in flight; null: nowhere.</param>
    /// <param name="ledger">Where to note finished jobs; null: nowhere. The caller disposes it, after the gate has stopped.</param>
    public static Props Props(
        Props instance, GateSettings settings, string? instanceDispatcher = null, JobGauge? gauge = null, IJobLedger? ledger = null) =>
        Akka.Actor.Props.Create(() => new WorkerGate(instance, settings, instanceDispatcher, gauge, ledger));

    private void Open()
    {
        Receive<Job>(OnJob);
        Receive<ReplyCame>(m =>
        {
            Settle(m.Token);
            Act();
        });
        Receive<ActorIdentity>(m => m.MessageId is Question, OnAnswer);
        Receive<Terminated>(OnTerminated);
        Receive<TimeIsUp>(_ => OnTimer());
        Receive<StartDrain>(OnStartDrain);
        ReceiveAny(m =>
        {
            _passing = m;
            _core.MessageArrived(_effects);
            Act();
        });
    }

    protected override void PreStart()
    {
        _core.Open(_effects);
        Act();
    }

    // The instances have stopped by now. What they answered counts; what they left is failed, so that no client waits for nothing.
    protected override void PostStop()
    {
        SettleAll();
        _core.DrainStarted(TimeSpan.Zero, Now, _effects);
        Act();
    }

    protected override SupervisorStrategy SupervisorStrategy() => new InstanceStrategy(this);

    private void OnJob(Job job)
    {
        var token = ++_lastToken;
        _held.Add(token, new HeldRequest(job, Sender));
        _core.JobArrived(token, job.Id, job.Attempt, job.Remaining, Now, _effects);
        Act();
    }

    private void OnAnswer(ActorIdentity message)
    {
        if (message.Subject is null)
        {
            // Akka's dead letters answer for an instance that has ended; its Terminated is on the way.
            return;
        }

        var question = (Question)message.MessageId;
        _core.InstanceIdle(question.Instance, question.Mark, Now, _effects);
        Act();
    }

    private void OnTerminated(Terminated message)
    {
        if (InstanceOf(message.ActorRef) is not { } instance)
        {
            return;
        }

        Settle(instance.Token);
        _instances[instance.Index] = null;
        _crash = null;
        _core.InstanceStopped(instance.Index, Now, _effects);
        Act();
    }

    private void OnTimer()
    {
        _timerDue = null;
        // A reply that came in time and waits in the mailbox behind this timer is no missed deadline.
        SettleAll();
        _core.Tick(Now, _effects);
        Act();
    }

    private void OnStartDrain(StartDrain message)
    {
        _drainers.Add(Sender);
        _core.DrainStarted(message.Timeout, Now, _effects);
        Act();
    }

    /// <summary>Runs while the gate handles the system message of a child's failure, before the child is restarted.</summary>
    private Directive OnCrash(IActorRef child, Exception cause)
    {
        if (InstanceOf(child) is not { } instance || cause is ActorInitializationException)
        {
            // Replaced already; or it cannot be created or restarted: it ends, and the core decides when to try again.
            return Directive.Stop;
        }

        // A failure overtakes the messages in the mailbox: the reply may have been made before the crash and wait there.
        Settle(instance.Token);
        _crash = cause;
        _core.InstanceCrashed(instance.Index, _effects);
        Act();
        return Directive.Restart;
    }

    /// <summary>Tells the core of the job's reply, if it has been made and not been told yet.</summary>
    private void Settle(long token)
    {
        if (!_held.TryGetValue(token, out var held) || held.Reply is not { IsCompleted: true } reply)
        {
            return;
        }

        // The Ask of a Status.Failure is a faulted task.
        if (reply.IsCompletedSuccessfully)
        {
            _core.Replied(token, _effects);
        }
        else
        {
            _core.ReplyFailed(token, _effects);
        }
    }

    private void SettleAll()
    {
        foreach (var instance in _instances)
        {
            if (instance is not null)
            {
                Settle(instance.Token);
            }
        }
    }

    private void Act()
    {
        while (true)
        {
            // Not a foreach: carrying out an effect may bring another.
            for (var i = 0; i < _effects.Count; i++)
            {
                Act(_effects[i]);
            }

            _effects.Clear();
            if (_core.NextDue is not { } due || due > Now)
            {
                break;
            }

            _core.Tick(Now, _effects);
        }

        _gauge?.Publish(_core.JobsHeld);
        SetTimer();
    }

    private void Act(GateEffect effect)
    {
        switch (effect)
        {
            case GateEffect.BuildInstance e:
                Build(e.Instance);
                break;
            case GateEffect.StopInstance e:
                Stop(e.Instance);
                break;
            case GateEffect.Probe e:
                _instances[e.Instance]!.Actor.Tell(new Identify(new Question(e.Instance, e.Mark)));
                break;
            case GateEffect.Start e:
                Start(_instances[e.Instance]!, e.Token);
                break;
            case GateEffect.Forward e:
                _instances[e.Instance]!.Actor.Forward(_passing);
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
                var rejected = Release(e.Token);
                rejected.Client.Tell(new JobRejected(rejected.Job.Id, rejected.Job.Attempt, e.Reason));
                break;
            case GateEffect.IgnoreDuplicate e:
                Release(e.Token);
                break;
            case GateEffect.LogLateCrash e:
                _log.Warning(_crash, "instance {0} crashed when it had no job: {1}", e.Instance, _crash?.Message);
                break;
            case GateEffect.LogDraining e:
                _log.Info("draining: at most {0} for {1}", Seconds(e.Timeout), RunningJobs(e.Running));
                break;
            case GateEffect.LogGivenUp e:
                _log.Warning(
                    "gave up {0} after {1} of draining: akkalb.worker.drain-timeout is how long they may take", RunningJobs(e.Unfinished), Seconds(e.After));
                break;
            case GateEffect.Drained e:
                _drainers.ForEach(drainer => drainer.Tell(new Drained(e.Unfinished)));
                _drainers.Clear();
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Build(int index)
    {
        // A name is never used again: the instance that had the place before may still be stopping.
        var actor = Context.ActorOf(_instanceProps, $"instance-{index}-{++_built}");
        Context.Watch(actor);
        _instances[index] = new Instance(index, actor);
    }

    private void Stop(int index)
    {
        var actor = _instances[index]!.Actor;
        _instances[index] = null;
        Context.Unwatch(actor);
        Context.Stop(actor);
    }

    private void Start(Instance instance, long token)
    {
        var held = _held[token];
        object message;
        try
        {
            message = Payloads.Unwrap(_system, held.Job.Message);
        }
        catch (SerializationException e)
        {
            held.Unreadable = e;
            _core.MessageUnreadable(token, Now, _effects);
            return;
        }

        instance.Token = token;
        held.Reply = instance.Actor.Ask<object>(message, Timeout.InfiniteTimeSpan, held.Forgotten.Token);
        // What the reply is is looked up in the task. A cancelled one is of a job that has its answer.
        held.Reply.PipeTo(Self, success: _ => new ReplyCame(token), failure: _ => new ReplyCame(token));
    }

    private HeldRequest Release(long token)
    {
        _held.Remove(token, out var held);
        // An Ask whose actor crashed would wait for ever; without this each crash and missed deadline would leak one.
        held!.Forgotten.Cancel();
        held.Forgotten.Dispose();
        return held;
    }

    private void AnswerDone(HeldRequest held)
    {
        Payload reply;
        try
        {
            reply = Payloads.Wrap(_system, held.Reply!.GetAwaiter().GetResult(), _replyBytesMax);
        }
        catch (Exception e)
        {
            // A serializer of the user's may throw anything; that is the trouble of this one reply.
            Answer(held, JobFailureReason.UnsendableReply, e.GetType().FullName, e.Message);
            return;
        }

        Note(held, JobOutcomes.Done);
        held.Client.Tell(new JobDone(held.Job.Id, held.Job.Attempt, reply));
    }

    private void AnswerFailed(HeldRequest held, JobFailureReason reason)
    {
        var (cause, text) = reason switch
        {
            JobFailureReason.Failure => (held.Reply?.Exception?.InnerException, "the worker's actor answered with a failure that names no cause"),
            JobFailureReason.Crash => (_crash, "the worker's actor stopped itself, or could not be started, while it had this job"),
            JobFailureReason.DeadlineExceeded => (null, $"the job was not done within {held.Job.Remaining}"),
            JobFailureReason.UnreadableMessage => (held.Unreadable, ""),
            JobFailureReason.UnsendableReply => (null, ""),
            JobFailureReason.Drained => (null, "the worker stopped before the job was done"),
        };
        Answer(held, reason, cause?.GetType().FullName, cause?.Message ?? text);
    }

    private void Answer(HeldRequest held, JobFailureReason reason, string? exceptionType, string text)
    {
        Note(held, JobOutcomes.Failed);
        held.Client.Tell(new JobFailed(held.Job.Id, held.Job.Attempt, reason, exceptionType ?? "", text));
    }

    private void Note(HeldRequest held, string outcome)
    {
        try
        {
            _ledger?.Finished(held.Job.Id, held.Job.Attempt, outcome);
        }
        catch (IOException e)
        {
            _log.Error(e, "job {0} is missing in the ledger: {1}", held.Job.Id, e.Message);
        }
    }

    private void SetTimer()
    {
        // A timer that is set for earlier stays: it finds nothing due and sets the next. So most jobs set none.
        if (_core.NextDue is { } due && (_timerDue is not { } set || due < set))
        {
            var now = Now;
            _timerDue = due - now > TimerMax ? now + TimerMax : due;
            Timers.StartSingleTimer(TimeIsUp.Key, TimeIsUp.Instance, _timerDue.Value - now);
        }
    }

    private static string RunningJobs(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} running {(count == 1 ? "job" : "jobs")}");

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    private Instance? InstanceOf(IActorRef actor) => Array.Find(_instances, i => i is not null && i.Actor.Equals(actor));

    /// <summary>A job from its arrival to its answer.</summary>
    private sealed class HeldRequest(Job job, IActorRef client)
    {
        public Job Job { get; } = job;

        public IActorRef Client { get; } = client;

        public CancellationTokenSource Forgotten { get; } = new();

        /// <summary>Completed, at the very moment in which the instance replies; null before the start.</summary>
        public Task<object>? Reply { get; set; }

        public SerializationException? Unreadable { get; set; }
    }

    private sealed class Instance(int index, IActorRef actor)
    {
        public int Index { get; } = index;

        public IActorRef Actor { get; } = actor;

        /// <summary>The last job it got.</summary>
        public long Token { get; set; }
    }

    private sealed record ReplyCame(long Token) : INoSerializationVerificationNeeded;

    private sealed record Question(int Instance, long Mark) : INoSerializationVerificationNeeded;

    private sealed record TimeIsUp : INoSerializationVerificationNeeded
    {
        public const string Key = "due";
        public static readonly TimeIsUp Instance = new();
    }

    /// <summary>Restarts a crashed instance, without a limit, and lets the gate know first.</summary>
    private sealed class InstanceStrategy(WorkerGate gate) : OneForOneStrategy(static _ => Directive.Restart)
    {
        protected override Directive Handle(IActorRef child, Exception exception) => gate.OnCrash(child, exception);
    }
}
