using AkkaLb.Core.Gate;

namespace AkkaLb.Core.Tests.Gate;

/// <summary>A gate under test with a hand-moved clock; each step returns its effects as one line of text.</summary>
internal sealed class GateBench
{
    private readonly List<GateEffect> _effects = [];
    private readonly Dictionary<int, long> _marks = [];

    private readonly Dictionary<long, GateEffect.Start> _starts = [];
    private readonly Dictionary<int, long> _births = [];
    private readonly bool _begins;

    /// <param name="ready">Whether the instances have answered their first question.</param>
    /// <param name="begins">Whether instances answer at once the question in front of a job.</param>
    public GateBench(int capacity, int instances, bool ready = true, int queue = 0, int? threads = null, bool begins = true,
        int? firstLimit = null)
    {
        Core = new GateCore(new GateSettings(capacity, instances, queue, threads, firstLimit));
        _begins = begins;
        Core.Open(_effects);
        Take();
        for (var i = 0; ready && i < instances; i++)
        {
            Idle(i);
        }
    }

    public GateCore Core { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(100);

    /// <summary>A job whose token is also its sequence number.</summary>
    public string Job(long token, double seconds = 60, int attempt = 1, double waited = 0) => Numbered(token, token, seconds, attempt, waited);

    public string Numbered(long token, long sequence, double seconds = 60, int attempt = 1, double waited = 0)
    {
        Core.JobArrived(token, new JobId(7, sequence), attempt, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(waited), Now, _effects);
        return Take();
    }

    /// <summary>The hint in the last rejection.</summary>
    public TimeSpan RetryAfter { get; private set; }

    /// <summary>The sentence in the last rejection.</summary>
    public string Text { get; private set; } = "";

    public string Cancel(long sequence, int attempt = 1) => Do(() => Core.CancelArrived(new JobId(7, sequence), attempt, Now, _effects));

    public string Progress(long token) => Do(() => Core.Handle(new GateInput.Progressed(token), Now, _effects));

    public string Reply(long token) => DoReply(token, new GateInput.Replied(token));

    public string ReplyBegun(long token) => DoReply(token, new GateInput.ReplyBegun(token));

    public string ReplyTaken(long token) => Do(() => Core.Handle(new GateInput.ReplyTaken(token), Now, _effects));

    public string ReplyStopped(long token) => Do(() => Core.Handle(new GateInput.ReplyStopped(token), Now, _effects));

    public string Failure(long token) => DoReply(token, new GateInput.ReplyFailed(token));

    public string Unreadable(long token) => Do(() => Core.MessageUnreadable(token, "no serializer", Now, _effects));

    public string Unhandled(long token) => Do(() => Core.MessageUnhandled(token, "no handler", Now, _effects));

    public string Returned(long token) => Do(() => Core.JobReturned(token, Now, _effects));

    public string Crash(int instance, bool isOnJob = true) => Do(() => Core.InstanceCrashed(instance, isOnJob, Now, _effects));

    public string Stopped(int instance, string? cause = null) => Do(() => Core.InstanceStopped(instance, cause, Now, _effects));

    /// <summary>The birth of the instance that is at this place now.</summary>
    public long Birth(int instance) => _births[instance];

    public string Ended(long birth) => Do(() => Core.StoppedInstanceEnded(birth, Now, _effects));

    public string Message() => Do(() => Core.MessageArrived(_effects));

    /// <summary>The answer to the last question.</summary>
    public string Idle(int instance) => Idle(instance, _marks[instance]);

    public string Idle(int instance, long mark) => Do(() => Core.InstanceIdle(instance, mark, Now, _effects));

    public long Mark(int instance) => _marks[instance];

    public string Drain(double seconds) => Do(() => Core.DrainStarted(TimeSpan.FromSeconds(seconds), Now, _effects));

    /// <summary>Moves the clock and ticks.</summary>
    public string After(double seconds)
    {
        Wait(seconds);
        return Do(() => Core.Tick(Now, _effects));
    }

    /// <summary>Moves the clock; the tick is late.</summary>
    public void Wait(double seconds) => Now += TimeSpan.FromSeconds(seconds);

    /// <summary>The first reply to a job puts the question to its instance.</summary>
    private string DoReply(long token, GateInput reply)
    {
        if (_starts.Remove(token, out var start))
        {
            _marks[start.Instance] = start.EndMark;
        }

        return Do(() => Core.Handle(reply, Now, _effects));
    }

    private string Do(Action step)
    {
        step();
        return Take();
    }

    private string Take()
    {
        for (var i = 0; i < _effects.Count; i++)
        {
            Note(_effects[i]);
        }

        var text = string.Join(", ", _effects.Select(Print));
        _effects.Clear();
        return text;
    }

    private void Note(GateEffect effect)
    {
        switch (effect)
        {
            case GateEffect.Probe e:
                _marks[e.Instance] = e.Mark;
                break;
            case GateEffect.BuildInstance e:
                _births[e.Instance] = e.Birth;
                break;
            case GateEffect.AnswerRejected e:
                (RetryAfter, Text) = (e.Message.RetryAfter, e.Message.Text);
                break;
            case GateEffect.Start e:
                _marks[e.Instance] = e.Mark;
                _starts[e.Token] = e;
                if (_begins)
                {
                    Core.InstanceIdle(e.Instance, e.Mark, Now, _effects);
                }

                break;
        }
    }

    private static string Print(GateEffect effect) => effect switch
    {
        GateEffect.BuildInstance e => $"build i{e.Instance}",
        GateEffect.StopInstance e => $"stop i{e.Instance}",
        GateEffect.Probe e => $"probe i{e.Instance}",
        GateEffect.Start e => $"start {e.Token} on i{e.Instance}",
        GateEffect.Forward e => $"forward i{e.Instance}",
        GateEffect.Undeliverable => "undeliverable",
        GateEffect.AnswerDone e => $"done {e.Token}",
        GateEffect.AnswerFailed e => $"failed {e.Token} {e.Reason}",
        GateEffect.AnswerRejected e => $"rejected {e.Token} {e.Message.Reason}",
        GateEffect.IgnoreDuplicate e => $"ignore {e.Token}",
        GateEffect.TellProgress e => $"progress {e.Token}",
        GateEffect.Drop e => $"drop {e.Token}",
        GateEffect.CancelRunning e => $"cancel {e.Token}",
        GateEffect.LogLateCrash e => $"late crash i{e.Instance}",
        GateEffect.LogDraining e => $"draining {e.Running} for {e.Timeout.TotalSeconds}",
        GateEffect.LogGivenUp e => $"given up {e.Unfinished} after {e.After.TotalSeconds}",
        GateEffect.LogLimit e => $"limit {e.Limit}",
        GateEffect.AbilityChanged e => e.Trouble is null ? "able" : "unable",
        GateEffect.Drained e => $"drained {e.Unfinished}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
