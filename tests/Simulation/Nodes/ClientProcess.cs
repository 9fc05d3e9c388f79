using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Simulation.Checks;
using AkkaLb.Simulation.World;

namespace AkkaLb.Simulation.Nodes;

/// <summary>A client: all it decides is the real thing.</summary>
internal sealed class ClientProcess(Run run, int number, string name, string host) : Process(run, number, name, host), IChecked
{
    private const string ClientPath = "/user/client";

    /// <summary>One job in so many has a key.</summary>
    private const int KeyedJobs = 3;
    private const int Keys = 5;

    /// <summary>Of so many jobs one has a high priority, and one a low one.</summary>
    private const int PriorityJobs = 5;

    /// <summary>A dial into a cut sends its last attempt after 7 s and ends after 15 s. So it may last for 8 s behind the end of the cut, and the
    /// address is closed for another second.</summary>
    private static readonly TimeSpan AloneMax = TimeSpan.FromSeconds(11);

    /// <summary>A little less than what a balancer that stops hints at.</summary>
    private static readonly TimeSpan StoppingHint = TimeSpan.FromMilliseconds(450);

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(3);

    private readonly Dictionary<(JobId, int), JobRecord> _sent = [];
    private readonly Dictionary<int, JobId> _ids = [];
    private readonly Queue<TimeSpan> _toldStopping = new();
    private TimeSpan? _aloneSince;
    private TimeSpan _knownSince;
    private ClientCore _core = null!;
    private Driver<ClientEffect> _client = null!;
    private IReadOnlyList<string> _balancers = [];
    private string? _balancer;
    private readonly List<(string Balancer, IAkkaLbMessage Message)> _outbox = [];
    private string? _answered;
    private string? _lastBalancer;

    /// <summary>The worker that its next jobs are for: its balancer names nobody else. Null: whom the policy names.</summary>
    public string? OnlyAt { get; set; }

    public void Submit(int number, bool isIdempotent, string habit, int milliseconds, TimeSpan timeout) => Post(() =>
    {
        var service = OnlyAt is null ? Run.Scenario.ServiceOf(number) : WorkerIds.ServiceOf(OnlyAt);
        var job = new JobRecord(number, Name, service, isIdempotent, habit, milliseconds, timeout, Run.Clockwork.Now);
        Run.Jobs.Submitted(job);
        var key = number % KeyedJobs == 0 ? $"key {number / KeyedJobs % Keys}" : null;
        var priority = (number % PriorityJobs) switch { 1 => JobPriority.High, 2 => JobPriority.Low, _ => JobPriority.Normal };
        _client.Step(new ClientInput.Submit(job, job.ToPayload(), isIdempotent, timeout, Key: key, Service: service, Priority: priority));
        _ids[number] = _core.LastJob;
    });

    /// <summary>The balancer that it uses; null: none.</summary>
    public string? Balancer => _balancer;

    /// <summary>Since when it has used it; null: it uses none.</summary>
    public TimeSpan? BalancerSince { get; private set; }

    /// <summary>A wish for workers without a job.</summary>
    public void Ask(int number, int count, TimeSpan timeout) => Post(() =>
    {
        var job = new JobRecord(number, Name, Run.Scenario.ServiceOf(number), isIdempotent: true, "ask", count, timeout, Run.Clockwork.Now);
        Run.Jobs.Submitted(job);
        _client.Step(new ClientInput.SubmitAssign(job, count, timeout, job.Service));
        _ids[number] = _core.LastJob;
    });

    public void Cancel(int number) => Post(() =>
    {
        if (_ids.TryGetValue(number, out var id))
        {
            _client.Step(new ClientInput.Cancel(id));
        }
    });

    public override void Leave()
    {
        if (!IsLeaving)
        {
            IsLeaving = true;
            _client.Step(new ClientInput.StopSending());
            After(StopPatience, () =>
            {
                _client.Step(new ClientInput.Close());
                Exit();
            });
        }
    }

    public override void Receive(string from, string replyTo, string target, object message)
    {
        if (_core.HasSilentGates)
        {
            Run.Marks.Reach(Mark.GateHeardAgain);
        }

        _client.Step(new ClientInput.Heard(from));
        Told(message);
        switch (message)
        {
            case Identity { IsGate: true } m:
                _client.Step(new ClientInput.GateAnswered(m.Number, m.IsThere, from));
                break;
            case Identity m:
                _answered = from;
                _client.Step(new ClientInput.BalancerAnswered(m.Number, from));
                break;
            case JobRejected m:
                if (_sent.TryGetValue((m.Id, m.Attempt), out var rejected))
                {
                    Run.Jobs.NotStarted(rejected.Number, m.Attempt);
                }

                _client.Step(m);
                break;
            case JobDone m:
                if (_sent.TryGetValue((m.Id, m.Attempt), out var done) && done.Outcome is not null)
                {
                    Run.Marks.Reach(Mark.AnswerAfterTheClientGaveUp);
                }

                _client.Step(m);
                break;
            default:
                _client.Step(message);
                break;
        }
    }

    public override void OnConnected(string address) => _client.Step(new ClientInput.Connected(address));

    public override void OnConnectionLost(string address, string seen) => _client.Step(new ClientInput.ConnectionLost(address, seen));

    public override void OnDeadLetter(object message)
    {
        if (message is Job job)
        {
            Run.Marks.Reach(Mark.DeadLetterOfAJob);
            var record = Run.Jobs[JobRecord.NumberIn(job.Message)];
            if (record.Outcome is not null || record.Sends > job.Attempt)
            {
                Run.Marks.Reach(Mark.DeadLetterAfterTheRuling);
            }

            Run.Jobs.NotStarted(job);
        }

        if (message is Job or Assign or Finished)
        {
            _client.Step(new ClientInput.Undelivered(message));
        }
    }

    public void Check()
    {
        LookForBalancers();
        CheckFailOver();
        if (_core.PendingCount > Run.ClientSettings.JobsMax)
        {
            Run.Violate("tables-bounded", $"{Name} has {_core.PendingCount} pending jobs");
        }
    }

    public IEnumerable<string> Waits()
    {
        if (IsLeaving || !IsUp)
        {
            yield return $"{Name} leaves";
        }

        if (_core.PendingCount > 0)
        {
            yield return $"{Name} has {_core.PendingCount} pending jobs";
        }

        if (_balancer is null)
        {
            yield return $"{Name} has no balancer";
        }
    }

    protected override void OnStart()
    {
        _ids.Clear();
        _outbox.Clear();
        var settings = Plants.In(Run.ClientSettings, Run.Planted) with { Zone = Run.Scenario.ZoneOf(Name) };
        _core = new ClientCore(settings, 1 + Random.NextInt64(long.MaxValue - 1), isInOrder: !Run.Scenario.FindsBalancers, Random);
        _client = new Driver<ClientEffect>(this, Plants.In(_core, Run.Planted), Perform);
        (_balancers, _balancer, BalancerSince, _lastBalancer, _aloneSince) = ([], null, null, null, null);
        LookForBalancers();
    }

    private void LookForBalancers()
    {
        if (!IsUp || IsFrozen || (Run.Scenario.FindsBalancers && !Run.Etcd.Reaches(this)))
        {
            return;
        }

        var found = Run.BalancerAddresses();
        if (!found.SequenceEqual(_balancers))
        {
            (_balancers, _knownSince) = (found, Run.Clockwork.Now);
            _client.Step(new ClientInput.BalancersKnown(found));
        }
    }

    /// <summary>Who has lost its balancer finds another one that has been there, undisturbed, for long.</summary>
    private void CheckFailOver()
    {
        var now = Run.Clockwork.Now;
        _aloneSince = _balancer is null && IsUp && !IsFrozen ? _aloneSince ?? now : null;
        var since = now - AloneMax;
        if (_aloneSince < since && _knownSince < since && DisturbedAt < since && RunsSince < since && Run.Balancers.FirstOrDefault(b =>
            b.IsUp && !b.IsFrozen && b.RunsSince < since && b.DisturbedAt < since && _balancers.Contains(b.Address) && Run.Network.IsClear(this,
            b)) is { } other)
        {
            Run.Violate("fails-over", $"{Name} has had no balancer for {AloneMax.TotalSeconds} s, and {other.Name} is there all the time");
        }
    }

    /// <summary>A line of what a client asks for, sends or is told, for whoever reads a failure.</summary>
    private void Told(object what)
    {
        if (!Run.IsTold)
        {
            return;
        }

        var line = what switch
        {
            ClientEffect.ToBalancer { Message: Assign m } => $"asks {m.RequestId}, without {string.Join(" ", m.LeaveOut.Select(w => w.Id))}",
            ClientEffect.ToGate e => $"sends job {JobRecord.NumberIn(e.Job.Message)} to {e.Worker.Worker.Id}, attempt {e.Job.Attempt}",
            ClientEffect.Finish { Ticket: JobRecord job } e => $"job {job.Number} ends: {e.Outcome}",
            Assigned m => $"{m.RequestId} is answered: {string.Join(" ", m.Workers.Select(w => w.Worker.Id))}",
            AssignRejected m => $"{m.RequestId} is rejected: {m.Reason}",
            JobRejected m => $"job {_sent.GetValueOrDefault((m.Id, m.Attempt))?.Number} is rejected: {m.Reason}, again in {m.RetryAfter}",
            _ => "",
        };
        if (line.Length > 0)
        {
            Run.Tell($"{Name}: {line}");
        }
    }

    private void Perform(ClientEffect effect)
    {
        Told(effect);
        switch (effect)
        {
            case ClientEffect.ToBalancer { Message: Assign assign }:
                ToBalancer(OnlyAt is { } only ? assign with { Key = BalancerProcess.OnlyKey + only } : assign);
                break;
            case ClientEffect.ToBalancer { Message: Finished finished }:
                ToBalancer(finished);
                break;
            case ClientEffect.ToBalancer e:
                Run.Marks.Reach(Mark.WorkerCalledUnreachable);
                ToBalancer(e.Message);
                break;
            case ClientEffect.ToGate e:
                var job = Run.Jobs[JobRecord.NumberIn(e.Job.Message)];
                Run.Jobs.Sent(job, e.Job.Attempt);
                Run.Clockwork.Note((job.Number * 1000L) + e.Job.Attempt);
                _sent[(e.Job.Id, e.Job.Attempt)] = job;
                Run.Network.Send(this, e.Worker.Address, e.Worker.Gate, e.Job, ClientPath);
                break;
            case ClientEffect.TellGate e:
                Run.Network.Send(this, e.Worker.Address, e.Worker.Gate, e.Message, ClientPath);
                break;
            case ClientEffect.AskGate e:
                Run.Marks.Reach(Mark.GateAsked);
                Run.Network.Send(this, e.Worker.Address, e.Worker.Gate, new Identify(IsGate: true, e.Number), ClientPath);
                break;
            case ClientEffect.Probe e:
                Run.Network.Send(this, e.Address, BalancerProcess.BalancerPath, new Identify(IsGate: false, e.Number), ClientPath);
                break;
            case ClientEffect.BalancerFound:
                OnBalancerFound();
                break;
            case ClientEffect.Note e:
                OnNote(e.Text);
                break;
            case ClientEffect.Finish e:
                if (e.Outcome is JobOutcome.Done { Sends: 1 } && e.Outcome.AssignTime == TimeSpan.Zero)
                {
                    Run.Marks.Reach(Mark.PickUsedAhead);
                }

                Run.Jobs.Ended((JobRecord)e.Ticket, e.Outcome, this);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private void OnBalancerFound()
    {
        Run.Marks.Reach(_lastBalancer is null ? Mark.BalancerFoundFirst
            : _lastBalancer != _answered && _core.PendingCount > 0 ? Mark.BalancerChangedWithJobsPending
            : Mark.BalancerFoundAgain);
        (_balancer, _lastBalancer, BalancerSince) = (_answered, _answered, Run.Clockwork.Now);
    }

    private void OnNote(string text)
    {
        if (text.StartsWith("this client lost the balancer", StringComparison.Ordinal))
        {
            Run.Marks.Reach(Mark.BalancerLost);
            (_balancer, BalancerSince) = (null, null);
            if (text.EndsWith("it is stopping", StringComparison.Ordinal))
            {
                CheckLeftAlone();
            }

            if (text.EndsWith("requests unanswered", StringComparison.Ordinal))
            {
                Run.Marks.Reach(Mark.AssignUnanswered);
            }
        }

        if (Run.IsTold)
        {
            Run.Tell($"{Name}: {text}");
        }
    }

    /// <summary>Whom a balancer has told that it stops does not come back at once, and again and again.</summary>
    private void CheckLeftAlone()
    {
        var now = Run.Clockwork.Now;
        _toldStopping.Enqueue(now);
        while (now - _toldStopping.Peek() > StoppingHint)
        {
            _toldStopping.Dequeue();
        }

        if (_toldStopping.Count > Run.Scenario.Balancers)
        {
            Run.Violate("who-stops-is-left-alone", $"{Name} was told {_toldStopping.Count} times within half a second that its balancer stops");
        }
    }

    private void ToBalancer(IAkkaLbMessage message)
    {
        if (_balancer is not { } balancer)
        {
            return;
        }

        _outbox.Add((balancer, message));
        if (_outbox.Count == 1)
        {
            Locally(Flush);
        }
    }

    /// <summary>As the shell does: questions of one turn go as one.</summary>
    private void Flush()
    {
        foreach (var ofBalancer in _outbox.GroupBy(e => e.Balancer, e => e.Message))
        {
            var messages = ofBalancer.ToList();
            Questions.Join(messages);
            if (messages.Exists(m => m is Assign { Count: > 1 }))
            {
                Run.Marks.Reach(Mark.QuestionsJoined);
            }

            messages.ForEach(message => Run.Network.Send(this, ofBalancer.Key, BalancerProcess.BalancerPath, message, ClientPath));
        }

        _outbox.Clear();
    }
}
