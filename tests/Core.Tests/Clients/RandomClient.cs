using System.Globalization;
using System.Text;
using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>A client in a world where anything may happen at any time, and what must hold all the same checked at each effect.</summary>
internal sealed class RandomClient
{
    private static readonly AssignedWorker[] Workers = [.. Enumerable.Range(1, 5).Select(i => new AssignedWorker(
        Key(string.Create(CultureInfo.InvariantCulture, $"w{i}")), string.Create(CultureInfo.InvariantCulture, $"a{i / 2}"), TakesCancel: i > 1))];

    private static readonly string[] Balancers = ["b1", "b2", "b3"];

    private readonly Random _random;
    private readonly ClientSettings _settings;
    private readonly ClientDriver _core;
    private readonly Dictionary<JobId, Submitted> _jobs = [];
    private readonly List<long> _requests = [0];
    private readonly List<long> _questions = [0];
    private readonly List<Job> _sends = [];
    private readonly Dictionary<(JobId, int), Reply> _replies = [];
    private readonly StringBuilder _trace = new();
    private bool _hasBalancer;
    private long _sequence;
    private TimeSpan _now;

    public RandomClient(Random random)
    {
        _random = random;
        _settings = ClientSettings.Default with
        {
            SendsMax = random.Next(1, 5),
            JobsMax = random.Next(3, 20),
            RepliesBytesMax = random.Of([1 << 20, 64 << 20]),
            RetryBudget = new RetryBudgetSettings(random.Of([0, 0.5]), random.Of([0, 0.3, 10])),
        };
        _core = new ClientDriver(_settings, clientId: 7, random, LookAtSearch);
    }

    /// <summary>How often it asked for picks ahead.</summary>
    public int AskedAhead { get; private set; }

    /// <summary>All that it did, with the times.</summary>
    public string Trace => _trace.ToString();

    public void Step()
    {
        switch (_random.Next(10))
        {
            case 0 when _random.Chance(0.3):
                // Mostly one of the last jobs.
                var sequence = _sequence - _random.Next(8);
                _core.Handle(new ClientInput.Cancel(new JobId(7, sequence)), _now);
                break;
            case 0 or 1:
                Submit();
                break;
            case 2:
                AnswerOfBalancer();
                break;
            case 3 when _requests.Count > 1:
                Assigned(_requests[^1]);
                break;
            case 4 or 5 when _sends.Count > 0:
                AnswerOfWorker(_random.Chance(0.7) ? _sends[^1] : _random.Of(_sends));
                break;
            case 6:
                ConnectionEvent();
                break;
            case 7 when _random.Chance(0.3):
                Balancer();
                break;
            case 8:
                _now += Ms(_random.Next(20)); // late for its timers, now and then
                break;
            default:
                AdvanceTo(_now + Ms(_random.Next(120)));
                break;
        }

        Look();
    }

    /// <summary>Runs out every deadline; nothing else happens.</summary>
    public void Finish()
    {
        switch (_random.Next(4))
        {
            case 0:
                _core.StopSending(_now);
                break;
            case 1:
                _core.Close(_now);
                break;
            default:
                break;
        }

        Look();
        AdvanceTo(_now + S(10) + GateWatch.SilentFor);
        Assert.All(_jobs.Values, job => Assert.NotNull(job.Outcome));
        Assert.Equal((0, 0), (_core.PendingCount, _core.InFlight.Count));
        Assert.True(_core.IsEmpty, "something is remembered");
        _core.Close(_now);
        Assert.Null(_core.NextDue);
    }

    private void Submit()
    {
        var (timeout, job) = (Ms(_random.Next(1, 3_000)), new Submitted { IsIdempotent = _random.Chance(0.5) });
        var id = _random.Chance(0.9)
            ? _core.Submit(
                job, ClientDriver.Text(""), job.IsIdempotent, timeout, _now, _random.Of(Enum.GetValues<JobPriority>()),
                _random.Of([0, 100, 1 << 30]), _random.Chance(0.3), isMeasured: true)
            : _core.SubmitAssign(job, _random.Next(1, 4), timeout, _now);
        _jobs.Add(id, job);
        _sequence = id.Sequence;
    }

    private void AnswerOfBalancer()
    {
        var request = _random.Of(_requests);
        if (_random.Chance(0.6))
        {
            Assigned(request);
        }
        else
        {
            _core.AssignRejected(request, _random.Of(Enum.GetValues<AssignRejectReason>()), "no", Ms(_random.Next(400)), _now);
        }
    }

    private void Assigned(long request)
    {
        AssignedWorker[] workers = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => _random.Of(Workers))];
        _core.Handle(new Assigned(request, workers, "", TakesFinished: _random.Chance(0.5), TakesBatches: _random.Chance(0.8)), _now);
    }

    private void AnswerOfWorker(Job send)
    {
        switch (_random.Next(9))
        {
            case 0:
                _core.JobDone(send.Id, send.Attempt, "", _now);
                break;
            case 5 or 6 or 7:
                PieceOf(send);
                break;
            case 8:
                var end = _random.Chance(0.8) ? ReplyOf(send).Tally.End : new ReplyEnd(_random.Next(3), 7);
                _core.Handle(new JobDone(send.Id, send.Attempt, Payload.None, default, end), _now);
                break;
            case 1:
                _core.JobFailed(send.Id, send.Attempt, _random.Of(Enum.GetValues<JobFailureReason>()), "failed", _now);
                break;
            case 2 or 3:
                _jobs[send.Id].NotStarted.Add(send.Attempt);
                _core.JobRejected(send.Id, send.Attempt, _random.Of(Enum.GetValues<JobRejectReason>()), "no", Ms(_random.Next(300)), _now);
                break;
            default:
                _jobs[send.Id].NotStarted.Add(send.Attempt);
                _core.DeadLettered(send.Id, send.Attempt, _now);
                break;
        }
    }

    private Reply ReplyOf(Job send)
    {
        if (!_replies.TryGetValue((send.Id, send.Attempt), out var reply))
        {
            reply = new Reply(send.WantsStream && _random.Chance(0.7) ? 0 : _random.Of([50, 150, 700_000, 2_000_000]));
            _replies.Add((send.Id, send.Attempt), reply);
        }

        return reply;
    }

    /// <summary>Mostly the next one, and no more than is taken.</summary>
    private void PieceOf(Job send)
    {
        var reply = ReplyOf(send);
        if (_random.Chance(0.2))
        {
            _core.Handle(new ClientInput.Used(send.Id, _random.NextInt64(reply.Tally.Cost + 1)), _now);
            return;
        }

        var isHonest = _random.Chance(0.95);
        if (isHonest && reply.Tally.Cost >= reply.UpTo)
        {
            return;
        }

        var (first, bytes) = (reply.Tally.Next == 1, reply.Length == 0 ? _random.Next(100_000) : Math.Min(100_000, reply.Length - reply.Sent));
        var piece = new Payload(0, "", new byte[bytes]);
        var number = isHonest ? reply.Tally.Next : _random.Next(1, 4);
        reply.Tally.Add(piece);
        reply.Sent += bytes;
        _core.Handle(new ReplyPiece(send.Id, send.Attempt, number, piece, first ? reply.Length : 0), _now);
    }

    private void ConnectionEvent()
    {
        var worker = _random.Of(Workers);
        switch (_random.Next(5))
        {
            case 0:
                _core.GateAnswered(_random.Of(_questions), _random.Chance(0.5), _random.Chance(0.7) ? worker.Address : "", _now);
                break;
            case 1:
                _core.Heard(worker.Address, _now);
                break;
            case 2:
                _core.Connected(worker.Address, _now);
                break;
            default:
                _core.ConnectionLost(worker.Address, "lost", _now);
                break;
        }
    }

    private void Balancer()
    {
        switch (_random.Next(8))
        {
            case 0:
                _core.BalancerLost(_now);
                break;
            case 1:
                _core.Handle(new ClientInput.BalancersKnown([.. Balancers.Where(_ => _random.Chance(0.5))]), _now);
                break;
            case 2:
                _core.Handle(new ClientInput.BalancerAnswered(_random.Next(20), _random.Of(Balancers)), _now);
                break;
            case 3:
                _core.Handle(new ClientInput.Undelivered(new Assign(_random.Of(_requests), 1, [], null, default)), _now);
                break;
            case 4:
                _core.ConnectionLost(_random.Of(Balancers), "lost", _now);
                break;
            default:
                _core.BalancerFound(_now);
                break;
        }
    }

    private void AdvanceTo(TimeSpan until)
    {
        while (_core.NextDue is { } due && due <= until)
        {
            _now = due > _now ? due : _now;
            _core.Tick(_now);
            Look();
            Assert.True(_core.NextDue is not { } next || next > _now, "due in the past after a tick");
        }

        _now = until;
    }

    private void Look()
    {
        foreach (var effect in _core.Effects)
        {
            switch (effect)
            {
                case ClientEffect.ToBalancer { Message: Assign ask }:
                    Assert.True(ask.Remaining > TimeSpan.Zero, "asked after the deadline");
                    _requests.Add(ask.RequestId);
                    AskedAhead += ask.AheadSince > 0 ? 1 : 0;
                    break;
                case ClientEffect.Moment moment:
                    Look(moment, (Submitted)moment.Ticket);
                    break;
                case ClientEffect.ToGate { Job: var send } and ClientEffect.Attempt attempt:
                    Assert.False(_jobs[send.Id].IsAttemptOut, "sent while another attempt is out");
                    _jobs[send.Id].IsAttemptOut = true;
                    Assert.True(!attempt.IsTransparent || _jobs[send.Id].NotStarted.Contains(send.Attempt - 1), "it may have run");
                    Look(send, _jobs[send.Id]);
                    _sends.Add(send);
                    break;
                case ClientEffect.TellGate { Message: CancelJob cancel } at:
                    var cancelled = _jobs[cancel.Id];
                    Assert.True(at.Worker.TakesCancel || _replies.ContainsKey((cancel.Id, cancel.Attempt)), "not understood");
                    Assert.True(cancelled.Outcome is null && cancelled.Cancelled.Add(cancel.Attempt), "told in vain");
                    Assert.Equal(cancelled.Sends, cancel.Attempt);
                    break;
                case ClientEffect.TellGate { Message: TakeReply take }:
                    var taken = _replies[(take.Id, take.Attempt)];
                    Assert.True(_jobs[take.Id].Outcome is null && take.UpTo >= taken.UpTo, "takes less than before, or of an ended job");
                    taken.UpTo = take.UpTo;
                    break;
                case ClientEffect.StreamItem item:
                    var reader = (Submitted)item.Ticket;
                    Assert.Null(reader.Outcome);
                    reader.HasMessages = true;
                    break;
                case ClientEffect.AskGate ask:
                    _questions.Add(ask.Number);
                    break;
                case ClientEffect.Finish finish:
                    Look(finish);
                    break;
                default:
                    break;
            }
        }

        _core.Effects.Clear();
        _core.Search.Clear();
    }

    /// <summary>A balancer is told things only while one is used, and each change is told once.</summary>
    private void LookAtSearch(ClientEffect effect)
    {
        _trace.Append(CultureInfo.InvariantCulture, $"{_now.Ticks} {effect} ");
        switch (effect)
        {
            case ClientEffect.ToBalancer { Message: var message }:
                Assert.True(_hasBalancer, "told a balancer though none is used");
                _trace.AppendJoin(' ', (message as Assign)?.LeaveOut ?? []);
                break;
            case ClientEffect.Probe or ClientEffect.BalancerFound or ClientEffect.Note { IsTrouble: false }:
                Assert.False(_hasBalancer, "sought another");
                _hasBalancer = effect is ClientEffect.BalancerFound;
                break;
            case ClientEffect.Note:
                Assert.True(_hasBalancer, "lost one that was not used");
                _hasBalancer = false;
                break;
            default:
                break;
        }
    }

    private void Look(Job send, Submitted job)
    {
        Assert.Null(job.Outcome);
        Assert.Equal(++job.Sends, send.Attempt);
        Assert.True(send.Remaining > TimeSpan.Zero, "sent after the deadline");
        Assert.False(job.HasMessages, "sent again though its caller has messages of it");
        Assert.True(job.IsIdempotent || job.Unknown == 1, "sent again though it may have run");
        Assert.InRange(job.Unknown, 1, _settings.SendsMax + job.NotStarted.Count);
    }

    /// <summary>What begins ends, before the job does, and nothing begins twice.</summary>
    private static void Look(ClientEffect.Moment moment, Submitted job)
    {
        Assert.Null(job.Outcome);
        switch (moment.What)
        {
            case JobMoment.Asked or JobMoment.Answered:
                Assert.Equal(moment.What == JobMoment.Answered, job.IsQuestionOut);
                job.IsQuestionOut = !job.IsQuestionOut;
                break;
            case JobMoment.AttemptEnded:
                Assert.True(job.IsAttemptOut, "no attempt was out");
                job.IsAttemptOut = false;
                break;
            default:
                break;
        }
    }

    private void Look(ClientEffect.Finish finish)
    {
        var job = _jobs.GetValueOrDefault(finish.Id) ?? (Submitted)finish.Ticket; // refused before Submit came back
        Assert.Same(job, finish.Ticket);
        Assert.Null(job.Outcome);
        Assert.False(job.IsQuestionOut || job.IsAttemptOut, "something is left open");
        job.Outcome = finish.Outcome;
        Assert.Equal(job.Sends, finish.Outcome.Sends);
        Assert.True(
            job.Cancelled.All(attempt => _replies.ContainsKey((finish.Id, attempt)))
                || job.Outcome is JobOutcome.Failed { Error: JobError.Cancelled or JobError.Closed },
            "cancelled and ended otherwise");
        if (finish.Outcome is JobOutcome.Failed
            {
                Error: JobError.NoBalancer or JobError.NoWorker or JobError.NotStarted or JobError.TooManyJobs or JobError.Unsupported,
            } failed)
        {
            Assert.True(job.Unknown == 0, $"{failed.Error} says not started, but a send has an unknown outcome");
        }
    }

    /// <summary>What a worker sends of a reply in pieces.</summary>
    /// <param name="length">0: a stream.</param>
    private sealed class Reply(int length)
    {
        public int Length => length;

        public int Sent { get; set; }

        public long UpTo { get; set; } = ReplyTally.FirstCredit;

        public ReplyTally Tally { get; } = new();
    }

    private sealed class Submitted
    {
        public required bool IsIdempotent { get; init; }

        public int Sends { get; set; }

        /// <summary>Attempts whose workers were told that nobody waits.</summary>
        public HashSet<int> Cancelled { get; } = [];

        /// <summary>Its caller has messages of a stream.</summary>
        public bool HasMessages { get; set; }

        /// <summary>Attempts that were rejected, or came back as dead letters.</summary>
        public HashSet<int> NotStarted { get; } = [];

        /// <summary>Sends that may have run, the one that is out included.</summary>
        public int Unknown => Sends - NotStarted.Count;

        public JobOutcome? Outcome { get; set; }

        public bool IsQuestionOut { get; set; }

        public bool IsAttemptOut { get; set; }
    }
}
