using System.Globalization;
using AkkaLb.Core;
using AkkaLb.Core.Gate;
using AkkaLb.Core.Registration;
using AkkaLb.Core.Workers;
using AkkaLb.Simulation.Checks;
using AkkaLb.Simulation.World;

namespace AkkaLb.Simulation.Nodes;

/// <summary>A worker: its gate, its registration, its reports and the order of its leaving are the real ones. Its users' actors are
/// modelled.</summary>
internal sealed class WorkerProcess(Run run, int number, string name, string host) : Process(run, number, name, host), IChecked
{
    public static readonly TimeSpan Ttl = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan RejectLinger = TimeSpan.FromSeconds(1);

    /// <summary>A service manager starts it again.</summary>
    private static readonly TimeSpan RestartAfter = TimeSpan.FromSeconds(2);

    private readonly Dictionary<long, (Job Job, string From, string ReplyTo)> _held = [];
    private readonly Dictionary<long, UserActor> _stopped = [];
    private UserActor?[] _instances = [];
    private GateCore _gateCore = null!;
    private RegistrationCore _registrationCore = null!;
    private Driver<GateEffect> _gate = null!;
    private Driver<RegistrationEffect> _registration = null!;
    private Driver<ReporterEffect> _reporter = null!;
    private Driver<LeavingEffect> _leaving = null!;
    private RegistryPort _registry = null!;
    private WorkerRecord _record = null!;
    private string _gatePath = "";
    private IReadOnlyList<string> _balancers = [];
    private long _lastToken;
    private bool _isAble;
    private bool _wasUnable;
    private bool _isRegistered;
    private bool _isBroken;
    private bool _isStarted;
    private TimeSpan _frozenAt;

    public string Service => WorkerIds.ServiceOf(Name);

    public WorkerKey Key => new(Name, _record.Incarnation);

    /// <summary>Since when it could work and has had nothing to do, as far as each second's look can tell; null: it has.</summary>
    public TimeSpan? IdleSince { get; private set; }

    /// <summary>What it says it uses: a number that nobody else says.</summary>
    public static long BytesOf(long incarnation, long sequence) => (incarnation % 1_000_000_000 * 1000) + (sequence % 1000);

    public GateSettings Settings { get; } = new(
        run.Scenario.Capacity, run.Scenario.Instances, run.Spite.Queue((run.Scenario.Capacity + 3) / 4), Math.Min(run.Scenario.Instances, 64),
        firstLimit: run.Scenario.Adapts && number % 2 == 1 ? 1 + (number / 2) : null);

    /// <summary>The constructor of its actor throws from now on.</summary>
    public void BreakActor()
    {
        _isBroken = true;
        for (var i = 0; i < _instances.Length; i++)
        {
            _instances[i]?.Stop();
        }
    }

    public void Mend() => _isBroken = false;

    public override void Leave()
    {
        if (!IsLeaving)
        {
            IsLeaving = true;
            _leaving.Step(new LeavingInput.Begin());
        }
    }

    public override void Receive(string from, string replyTo, string target, object message)
    {
        switch (message)
        {
            case Job job when target == _gatePath:
                IdleSince = null;
                _held.Add(++_lastToken, (job, from, replyTo));
                _isStarted = false;
                _gate.Step(new GateInput.JobArrived(_lastToken, job));
                if (!_isStarted && _held.ContainsKey(_lastToken))
                {
                    Run.Marks.Reach(Mark.JobQueued);
                }

                break;
            case Job job:
                Run.Marks.Reach(Mark.MessageForAnEarlierProcess);
                Run.Marks.Reach(Mark.JobRejectedNotHere);
                Reply(from, replyTo, new JobRejected(job.Id, job.Attempt, JobRejectReason.NotHere, "the gate is not here any more"));
                break;
            case CancelJob m:
                if (!_record.TakesCancel)
                {
                    Run.Violate("told-what-is-known", $"{Name} was told that a job is cancelled, and has not said that it understands that");
                }
                else if (target == _gatePath)
                {
                    _gate.Step(new GateInput.CancelArrived(m.Id, m.Attempt));
                }

                break;
            case Identify question:
                Reply(from, replyTo, new Identity(question.IsGate, question.Number, target == _gatePath));
                break;
            default:
                (_registry as EmbeddedPort)?.Answered(target, message);
                break;
        }
    }

    public void TellGate(UserActor instance, int place, object input)
    {
        if (_instances[place] == instance)
        {
            _gate.Step(input);
        }
    }

    public void InstanceEnded(UserActor instance, int place)
    {
        if (_instances[place] == instance)
        {
            _instances[place] = null;
            _gate.Step(new GateInput.InstanceStopped(place, null));
        }
        else if (_stopped.Remove(instance.Birth))
        {
            _gate.Step(new GateInput.StoppedInstanceEnded(instance.Birth));
        }
    }

    public void Check()
    {
        IdleSince = IsUp && !IsLeaving && _isAble && _registrationCore.IsRegistered && _held.Count == 0 ? IdleSince ?? Run.Clockwork.Now : null;
        if (IsUp && _registrationCore.IsRegistered)
        {
            LookForBalancers();
        }

        if (IsUp && _gateCore.JobsHeld > Settings.Capacity + Settings.Queue)
        {
            Run.Violate("tables-bounded", $"{Name} holds {_gateCore.JobsHeld} jobs, and may hold {Settings.Capacity + Settings.Queue}");
        }

        if (IsFrozen)
        {
            _frozenAt = _frozenAt == TimeSpan.Zero ? Run.Clockwork.Now : _frozenAt;
        }
        else if (_frozenAt > TimeSpan.Zero)
        {
            Run.Marks.Reach(Run.Clockwork.Now - _frozenAt > Ttl ? Mark.FrozenLongerThanItsLease : Mark.FrozenAndThawed);
            _frozenAt = TimeSpan.Zero;
        }
    }

    public IEnumerable<string> Waits()
    {
        if (!IsUp)
        {
            yield return $"{Name} is not up";
        }
        else if (!_registrationCore.IsRegistered || !Run.Members.Any(m => m.Worker.Id == Name && m.Worker.Incarnation == _record.Incarnation))
        {
            yield return $"{Name} is not registered";
        }
        else if (!_isAble)
        {
            yield return $"{Name} cannot do jobs: {_gateCore.Trouble}";
        }
        else if (IsLeaving || _stopped.Count > 0)
        {
            yield return $"{Name} {(IsLeaving ? "leaves" : "waits for actors that it has stopped")}";
        }
        else if (_gateCore.JobsHeld > 0)
        {
            yield return $"{Name} holds {_gateCore.JobsHeld} jobs";
        }
        else if (_held.Count > 0)
        {
            yield return $"{Name} owes the answers to {_held.Count} jobs";
        }
    }

    protected override void OnStart()
    {
        (_isAble, _wasUnable, _isRegistered, _lastToken, _balancers, _frozenAt) = (false, false, false, 0, [], default);
        _held.Clear();
        _stopped.Clear();
        _gatePath = string.Create(CultureInfo.InvariantCulture, $"{Address}/user/worker#{1 + Random.Next(int.MaxValue - 1)}");
        _record = new WorkerRecord(
            Name, 1 + Random.NextInt64(long.MaxValue - 1), _gatePath, WorkerState.Up, Settings.Capacity, (int)Heartbeat.TotalMilliseconds, "1.0",
            Places: Settings.Instances, Zone: Run.Scenario.ZoneOf(Name), TakesCancel: Number % 4 != 0);
        _instances = new UserActor?[Settings.Instances];
        _gateCore = new GateCore(Settings);
        _gate = new Driver<GateEffect>(this, Plants.In(_gateCore, Run.Planted), Perform);
        var settings = new RegistrationSettings(Ttl, Heartbeat, TimeSpan.FromSeconds(60), new BackOff(TimeSpan.FromMilliseconds(100), Ttl / 3));
        _registrationCore = new RegistrationCore(_record, settings, Random);
        _registration = new Driver<RegistrationEffect>(this, Plants.In(_registrationCore, _record, Run.Planted), Perform);
        _registry = Run.Scenario.Registry == "etcd"
            ? new EtcdPort(this, Ttl)
            : new EmbeddedPort(this, Run.Balancers.First().Address, 1 + Random.NextInt64(long.MaxValue - 1));
        _reporter = new Driver<ReporterEffect>(this, new ReporterCore(Heartbeat), Perform);
        _leaving = new Driver<LeavingEffect>(this, new Leaving(DrainTimeout, RejectLinger), Perform);
        _gate.Step(new GateInput.Open());
    }

    private void Perform(RegistrationEffect effect)
    {
        switch (effect)
        {
            case RegistrationEffect.Register e:
                _registry.Register(e.Worker, Ttl, _registration.Step, p => _registration.Step(new RegistrationInput.RegisterFailed(p)));
                break;
            case RegistrationEffect.KeepAlive e:
                After(Run.Spite.RenewalDelay(Ttl), () => _registry.KeepAlive(
                    e.LeaseId, _registration.Step, p => _registration.Step(new RegistrationInput.KeepAliveFailed(p))));
                break;
            case RegistrationEffect.Update e:
                _registry.Update(
                    e.LeaseId,
                    e.Worker,
                    _ => _registration.Step(new RegistrationInput.Updated()),
                    p => _registration.Step(new RegistrationInput.UpdateFailed(p)));
                break;
            case RegistrationEffect.Look e:
                _registry.Look(e.LeaseId, e.Worker, _registration.Step, p => _registration.Step(new RegistrationInput.LookFailed(p)));
                break;
            case RegistrationEffect.PutBack e:
                _registry.PutBack(
                    e.LeaseId,
                    e.Worker,
                    e.Revision,
                    isWritten => _registration.Step(new RegistrationInput.PutBack((bool)isWritten)),
                    p => _registration.Step(new RegistrationInput.LookFailed(p)));
                break;
            case RegistrationEffect.Deregister e:
                _registry.Deregister(
                    e.LeaseId,
                    _ => _registration.Step(new RegistrationInput.Deregistered(e.LeaseId, null)),
                    p => _registration.Step(new RegistrationInput.Deregistered(e.LeaseId, p)));
                break;
            case RegistrationEffect.Ready:
                Run.Marks.Reach(Mark.RegisteredForTheFirstTime);
                _reporter.Step(new ReporterInput.Start(0));
                LookForBalancers();
                break;
            case RegistrationEffect.DrainingAnnounced:
                _leaving.Step(new LeavingInput.DrainingAnnounced());
                break;
            case RegistrationEffect.RegistryLeft:
                _leaving.Step(new LeavingInput.RegistryLeft());
                break;
            case RegistrationEffect.Note e:
                if (e.Text == "this worker has registered again")
                {
                    Run.Marks.Reach(Mark.RegisteredAgain);
                }

                Told(e.Text);
                break;
            case RegistrationEffect.GiveUp e:
                Run.Marks.Reach(Mark.WorkerGaveUp);
                Told(e.Sentence);
                Leave();
                Run.Clockwork.After(RestartAfter, () => Restart(Life));
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private void Perform(GateEffect effect)
    {
        switch (effect)
        {
            case GateEffect.BuildInstance e:
                var instance = new UserActor(this, e.Instance, e.Birth);
                _instances[e.Instance] = instance;
                if (_isBroken)
                {
                    instance.Stop();
                }

                break;
            case GateEffect.StopInstance e:
                Run.Marks.Reach(Mark.InstanceStoppedAtTheDeadline);
                var stopped = _instances[e.Instance]!;
                _instances[e.Instance] = null;
                _stopped.Add(stopped.Birth, stopped);
                stopped.Stop();
                break;
            case GateEffect.Probe e:
                _instances[e.Instance]?.Ask(e.Mark);
                break;
            case GateEffect.Start e:
                _isStarted = true;
                var job = Run.Jobs[JobRecord.NumberIn(_held[e.Token].Job.Message)];
                if (job.Habit == Habits.Unreadable)
                {
                    _gate.Step(new GateInput.MessageUnreadable(e.Token, "it cannot be read"));
                }
                else
                {
                    _instances[e.Instance]!.Ask(e.Mark);
                    _instances[e.Instance]!.Give(e.Token, job, e.EndMark);
                }

                break;
            case GateEffect.AnswerDone e:
                Answer(e.Token, job => new JobDone(job.Id, job.Attempt, job.Message, _gateCore.Jobs));
                break;
            case GateEffect.AnswerFailed e:
                if (e.Reason is JobFailureReason.Crash or JobFailureReason.Drained)
                {
                    Run.Marks.Reach(e.Reason == JobFailureReason.Crash ? Mark.InstanceCrashedOnAJob : Mark.DrainGaveUpJobs);
                }

                Answer(e.Token, job => new JobFailed(job.Id, job.Attempt, e.Reason, "", "it failed", _gateCore.Jobs));
                break;
            case GateEffect.AnswerRejected e:
                MarkRejection(e.Message.Reason);
                Answer(e.Token, _ => e.Message with { Counts = _gateCore.Jobs });
                break;
            case GateEffect.IgnoreDuplicate e:
                _held.Remove(e.Token);
                break;
            case GateEffect.Drop e:
                Run.Marks.Reach(Mark.JobCancelledWhileItWaited);
                _held.Remove(e.Token);
                break;
            case GateEffect.CancelRunning e:
                Run.Marks.Reach(Mark.JobCancelledWhileItRan);
                if (Random.Chance(0.5))
                {
                    // Its actor heeds that.
                    Locally(() => Array.Find(_instances, i => i?.Work?.Token == e.Token)?.Fail());
                }

                break;
            case GateEffect.LogLimit:
                Run.Marks.Reach(Mark.AdaptiveLimitChanged);
                break;
            case GateEffect.LogLateCrash:
                Run.Marks.Reach(Mark.InstanceCrashedWithoutAJob);
                break;
            case GateEffect.AbilityChanged e:
                OnAbility(e.Trouble);
                break;
            case GateEffect.Drained:
                _leaving.Step(new LeavingInput.Drained());
                break;
        }
    }

    private void Perform(ReporterEffect effect)
    {
        if (effect is not ReporterEffect.Report report || Run.Spite.DropsReport())
        {
            return;
        }

        var bytes = BytesOf(_record.Incarnation, report.Sequence);
        // Now and then it uses nearly all that it may.
        var limit = bytes * (report.Sequence % 7 < 2 ? 1 : 2);
        var message = new MemoryReport(Key, report.Sequence, Heartbeat, bytes, 0, limit, _gateCore.Jobs, 0, _gateCore.Places);
        foreach (var balancer in report.Balancers)
        {
            Run.Network.Send(this, balancer, BalancerProcess.BalancerPath, message, "");
        }
    }

    private void Perform(LeavingEffect effect)
    {
        switch (effect)
        {
            case LeavingEffect.AnnounceDraining:
                Locally(() => _registration.Step(new RegistrationInput.Drain()));
                break;
            case LeavingEffect.StartDrain e:
                Locally(() => _gate.Step(new GateInput.Drain(e.Timeout)));
                break;
            case LeavingEffect.LeaveRegistry:
                Locally(() => _registration.Step(new RegistrationInput.Leave()));
                break;
            case LeavingEffect.End:
                Run.Marks.Reach(Mark.WorkerLeftInOrder);
                Locally(Exit);
                break;
        }
    }

    /// <summary>The end of this life is waited for.</summary>
    private void Restart(int life)
    {
        if (Life == life && IsUp)
        {
            Run.Clockwork.After(RestartAfter, () => Restart(life));
        }
        else if (Life == life)
        {
            Start();
        }
    }

    private void LookForBalancers()
    {
        if (IsUp && !IsFrozen && (!Run.Scenario.FindsBalancers || Run.Etcd.Reaches(this)) && Run.BalancerAddresses() is var found
            && !found.SequenceEqual(_balancers))
        {
            _balancers = found;
            _reporter.Step(new ReporterInput.BalancersKnown(found));
        }
    }

    private void OnAbility(string? trouble)
    {
        _isAble = trouble is null;
        if (!_isAble)
        {
            _wasUnable = true;
            Run.Marks.Reach(Mark.WorkerUnable);
            Told($"cannot do jobs: {trouble}");
        }
        else if (_wasUnable)
        {
            Run.Marks.Reach(Mark.WorkerAbleAgain);
        }

        Locally(() => _registration.Step(new RegistrationInput.Ability(trouble)));
        if (_isAble && !_isRegistered)
        {
            // As the program does: first able, then registered.
            _isRegistered = true;
            Locally(() => _registration.Step(new RegistrationInput.Start()));
        }
    }

    private void MarkRejection(JobRejectReason reason) => Run.Marks.Reach(reason switch
    {
        JobRejectReason.OverCapacity => Mark.JobRejectedOverCapacity,
        JobRejectReason.Draining => Mark.JobRejectedDraining,
        JobRejectReason.DeadlinePassed => Mark.JobRejectedDeadlinePassed,
        JobRejectReason.Unable => Mark.JobRejectedUnable,
        JobRejectReason.Unreadable => Mark.JobRejectedUnreadable,
        JobRejectReason.Unhandled => Mark.JobRejectedUnhandled,
        JobRejectReason.NotHere => Mark.JobRejectedNotHere,
    });

    private void Answer(long token, Func<Job, IAkkaLbMessage> answer)
    {
        if (!_held.Remove(token, out var held))
        {
            Run.Violate("answers-once", $"{Name} answered a job twice: token {token}");
            return;
        }

        Reply(held.From, held.ReplyTo, answer(held.Job));
    }

    private void Reply(string to, string replyTo, object message) => Run.Network.Send(this, to, replyTo, message, "");

    private void Told(string line)
    {
        if (Run.IsTold)
        {
            Run.Tell($"{Name}: {line}");
        }
    }
}
