using AkkaLb.Core.Gate;

namespace AkkaLb.Core.Tests.Gate;

/// <summary>More callers than places: each submits a job, comes again when a refusal says so, and submits the next when it is done.</summary>
public class GateFairnessTests
{
    private static readonly TimeSpan MeanService = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData(2, 3, 1)]
    [InlineData(64, 80, 2)]
    [InlineData(64, 128, 3)]
    [InlineData(64, 640, 4)]
    public void Nobody_waits_longer_than_three_times_the_ideal_however_many_callers_there_are(int capacity, int callers, int seed)
    {
        var crowd = new Crowd(capacity, callers, new Random(seed));

        crowd.Run(TimeSpan.FromSeconds(60));

        var ideal = MeanService * (callers - capacity) / capacity;
        Assert.True(crowd.LongestWait <= 3 * ideal, $"seed {seed}: the longest wait is {crowd.LongestWait}, the ideal one {ideal}");
        // No place was empty while somebody wanted it, but for what a refused one needs to come again.
        Assert.InRange(crowd.Done / (60 * capacity / MeanService.TotalSeconds), 0.9, 1.1);
    }

    private sealed class Crowd
    {
        private readonly Random _random;
        private readonly GateCore _gate;
        private readonly List<GateEffect> _effects = [];
        private readonly PriorityQueue<Action, TimeSpan> _events = new();
        private readonly Dictionary<long, Caller> _sent = [];
        private TimeSpan _now = TimeSpan.FromHours(1);
        private long _tokens;

        public Crowd(int capacity, int callers, Random random)
        {
            _random = random;
            _gate = new GateCore(new GateSettings(capacity, capacity, (capacity + 3) / 4));
            _gate.Open(_effects);
            Act();
            for (var i = 1; i <= callers; i++)
            {
                var caller = new Caller(i);
                _events.Enqueue(() => Submit(caller), _now);
            }
        }

        public TimeSpan LongestWait { get; private set; }

        public int Done { get; private set; }

        public void Run(TimeSpan time)
        {
            var end = _now + time;
            while (_events.TryDequeue(out var happen, out var at) && at <= end)
            {
                _now = at;
                happen();
                Act();
            }
        }

        private void Submit(Caller caller)
        {
            caller.Sequence++;
            caller.Since = _now;
            Send(caller);
        }

        private void Send(Caller caller)
        {
            _sent[++_tokens] = caller;
            _gate.JobArrived(
                _tokens, new JobId(caller.Number, caller.Sequence), ++caller.Attempt, TimeSpan.FromMinutes(10), _now - caller.Since, _now, _effects);
        }

        private void Act()
        {
            for (var i = 0; i < _effects.Count; i++)
            {
                Act(_effects[i]);
            }

            _effects.Clear();
        }

        private void Act(GateEffect effect)
        {
            switch (effect)
            {
                case GateEffect.Probe e:
                    _gate.InstanceIdle(e.Instance, e.Mark, _now, _effects);
                    break;
                case GateEffect.Start e:
                    var wait = _now - _sent[e.Token].Since;
                    LongestWait = wait > LongestWait ? wait : LongestWait;
                    _gate.InstanceIdle(e.Instance, e.Mark, _now, _effects);
                    _events.Enqueue(
                        () =>
                        {
                            _gate.Replied(e.Token, _now, _effects);
                            _gate.InstanceIdle(e.Instance, e.EndMark, _now, _effects);
                        },
                        _now + (MeanService * (0.5 + _random.NextDouble())));
                    break;
                case GateEffect.AnswerDone e:
                    Done++;
                    Submit(_sent[e.Token]);
                    break;
                case GateEffect.AnswerRejected e:
                    Assert.Equal(JobRejectReason.OverCapacity, e.Message.Reason);
                    var caller = _sent[e.Token];
                    _events.Enqueue(() => Send(caller), _now + e.Message.RetryAfter);
                    break;
            }
        }
    }

    private sealed class Caller(int number)
    {
        public int Number { get; } = number;

        public long Sequence { get; set; }

        public int Attempt { get; set; }

        public TimeSpan Since { get; set; }
    }
}
