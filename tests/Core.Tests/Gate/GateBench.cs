using AkkaLb.Core.Gate;

namespace AkkaLb.Core.Tests.Gate;

/// <summary>A gate under test with a hand-moved clock; each step returns its effects as one line of text.</summary>
internal sealed class GateBench
{
    private readonly List<GateEffect> _effects = [];
    private readonly Dictionary<int, long> _marks = [];

    public GateBench(int capacity, int instances, bool ready = true)
    {
        Core = new GateCore(new GateSettings(capacity, instances));
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
    public string Job(long token, double seconds = 60, int attempt = 1) => Numbered(token, token, seconds, attempt);

    public string Numbered(long token, long sequence, double seconds = 60, int attempt = 1)
    {
        Core.JobArrived(token, new JobId(7, sequence), attempt, TimeSpan.FromSeconds(seconds), Now, _effects);
        return Take();
    }

    public string Reply(long token) => Do(() => Core.Replied(token, _effects));

    public string Failure(long token) => Do(() => Core.ReplyFailed(token, _effects));

    public string Unreadable(long token) => Do(() => Core.MessageUnreadable(token, Now, _effects));

    public string Crash(int instance) => Do(() => Core.InstanceCrashed(instance, _effects));

    public string Stopped(int instance) => Do(() => Core.InstanceStopped(instance, Now, _effects));

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

    private string Do(Action step)
    {
        step();
        return Take();
    }

    private string Take()
    {
        foreach (var probe in _effects.OfType<GateEffect.Probe>())
        {
            _marks[probe.Instance] = probe.Mark;
        }

        var text = string.Join(", ", _effects.Select(Print));
        _effects.Clear();
        return text;
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
        GateEffect.AnswerRejected e => $"rejected {e.Token} {e.Reason}",
        GateEffect.IgnoreDuplicate e => $"ignore {e.Token}",
        GateEffect.LogLateCrash e => $"late crash i{e.Instance}",
        GateEffect.LogDraining e => $"draining {e.Running} for {e.Timeout.TotalSeconds}",
        GateEffect.LogGivenUp e => $"given up {e.Unfinished} after {e.After.TotalSeconds}",
        GateEffect.Drained e => $"drained {e.Unfinished}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
