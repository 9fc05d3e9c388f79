using System.Diagnostics.CodeAnalysis;
using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Clients;

/// <summary>Notices that a gate with jobs of this client is silent, and that it speaks again.</summary>
/// <remarks>
/// <para>A gate whose jobs take long is silent too, so it is asked. Only a gate that leaves the questions unanswered for
/// <see cref="ClientSettings.GateTimeout"/> is silent for good, until it says anything. It is asked all the time, so a network that was cut and
/// mended puts it back into use by itself. Akka's death watch would quarantine it instead: nobody could talk to it until it is restarted.</para>
/// <para>Time in which this process itself did not run (paused, or a machine asleep) says nothing of a gate: its answers wait to be read.</para>
/// <para>A gate is remembered while it has jobs or is silent, and until its next time due. So the table is bounded by the jobs in flight, by
/// <see cref="SilentMax"/>, and by the gates used within one <see cref="ClientSettings.GateSilence"/>.</para>
/// </remarks>
internal sealed class GateWatch(ClientSettings settings)
{
    /// <summary>More silent gates than this are not remembered; the one that has been silent longest is forgotten.</summary>
    public const int SilentMax = 1024;

    /// <summary>A gate that has been silent for so long is forgotten: the balancer has not named it for long, or it is worth another try.</summary>
    public static readonly TimeSpan SilentFor = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(WorkerKey, string), GateSight> _gates = [];
    private readonly Dictionary<long, GateSight> _byNumber = [];
    private readonly Dictionary<string, List<GateSight>> _byAddress = new(StringComparer.Ordinal);
    private readonly DueQueue<GateSight> _due = new();
    private readonly List<GateSight> _silent = [];
    private long _lastNumber;

    public enum Verdict
    {
        /// <summary>Ask it: it has been silent for a while.</summary>
        Ask,

        /// <summary>Ask it again: it has not answered yet, or it is silent.</summary>
        AskAgain,

        /// <summary>It is silent. Ask it again all the same.</summary>
        GiveUp,
    }

    public int Count => _gates.Count;

    public IEnumerable<GateSight> Gates => _gates.Values;

    /// <summary>Gates that are not to be used, the one that fell silent first at the front.</summary>
    public IReadOnlyList<GateSight> Silent => _silent;

    /// <summary>A gate wants to be looked at then; null: none does.</summary>
    public TimeSpan? NextDue => _due.NextDue;

    public IReadOnlyList<GateSight> At(string address) => _byAddress.TryGetValue(address, out var gates) ? gates : [];

    public bool TryGet(long number, [NotNullWhen(true)] out GateSight? gate) => _byNumber.TryGetValue(number, out gate);

    public bool TryGet(AssignedWorker target, [NotNullWhen(true)] out GateSight? gate) =>
        _gates.TryGetValue((target.Worker, target.Address), out gate);

    public bool IsSilent(AssignedWorker target) => _silent.Count > 0 && TryGet(target, out var gate) && gate.SilentSince is not null;

    /// <summary>A job is sent there.</summary>
    public GateSight Sent(PendingJob job, AssignedWorker target, TimeSpan now)
    {
        if (!_gates.TryGetValue((target.Worker, target.Address), out var gate))
        {
            gate = new GateSight(++_lastNumber, target, now);
            Remember(gate, now);
        }

        gate.Target = target;
        if (gate.Jobs.Count == 0 && gate.AskedAt is null)
        {
            gate.HeardAt = now;
        }

        gate.Jobs.Add(job);
        return gate;
    }

    /// <summary>It said something; true when it had been asked, or was silent.</summary>
    public bool Heard(GateSight gate, TimeSpan now)
    {
        var wasInDoubt = gate.AskedAt is not null;
        (gate.HeardAt, gate.AskedAt) = (now, null);
        if (gate.SilentSince is not null)
        {
            gate.SilentSince = null;
            _silent.Remove(gate);
        }

        return wasInDoubt;
    }

    /// <summary>A gate to do something about now.</summary>
    public bool TryTakeDue(TimeSpan now, [NotNullWhen(true)] out GateSight? gate, out Verdict verdict)
    {
        while (_due.TryTakeDue(now, out gate))
        {
            if (Judge(gate, now) is { } found)
            {
                verdict = found;
                return true;
            }
        }

        (gate, verdict) = (null, default);
        return false;
    }

    /// <summary>Nothing is asked any more.</summary>
    public void Close()
    {
        foreach (var gate in _gates.Values.Where(g => g.Jobs.Count == 0).ToList())
        {
            Forget(gate);
        }

        _due.Clear();
    }

    private Verdict? Judge(GateSight gate, TimeSpan now)
    {
        if (gate.SilentSince is { } since)
        {
            if (now - since >= SilentFor && gate.Jobs.Count == 0)
            {
                Forget(gate);
                return null;
            }

            SetDue(gate, now + settings.GateSilence);
            return Verdict.AskAgain;
        }

        if (gate.Jobs.Count == 0)
        {
            Forget(gate);
            return null;
        }

        if (gate.AskedAt is not { } asked)
        {
            if (now < gate.HeardAt + settings.GateSilence)
            {
                SetDue(gate, gate.HeardAt + settings.GateSilence);
                return null;
            }

            gate.AskedAt = now;
            SetDue(gate, now + settings.GateSilence);
            return Verdict.Ask;
        }

        if (now - gate.DueAt >= settings.GateSilence)
        {
            // We are this late because we did not run. Whatever the gate said meanwhile is still to be read.
            gate.AskedAt = now;
            SetDue(gate, now + settings.GateSilence);
            return Verdict.Ask;
        }

        var givesUp = now >= asked + settings.GateTimeout;
        if (givesUp)
        {
            gate.SilentSince = now;
            _silent.Add(gate);
            if (_silent.Count > SilentMax && _silent.Find(g => g.Jobs.Count == 0) is { } oldest)
            {
                Forget(oldest);
            }
        }

        var last = asked + settings.GateTimeout;
        var next = now + settings.GateSilence;
        SetDue(gate, !givesUp && last < next ? last : next);
        return givesUp ? Verdict.GiveUp : Verdict.AskAgain;
    }

    private void SetDue(GateSight gate, TimeSpan at)
    {
        gate.DueAt = at;
        _due.Set(gate, at);
    }

    private void Remember(GateSight gate, TimeSpan now)
    {
        _gates.Add((gate.Worker, gate.Target.Address), gate);
        _byNumber.Add(gate.Number, gate);
        if (!_byAddress.TryGetValue(gate.Target.Address, out var gates))
        {
            _byAddress.Add(gate.Target.Address, gates = []);
        }

        gates.Add(gate);
        SetDue(gate, now + settings.GateSilence);
    }

    private void Forget(GateSight gate)
    {
        var address = gate.Target.Address;
        _due.Remove(gate);
        _gates.Remove((gate.Worker, address));
        _byNumber.Remove(gate.Number);
        _silent.Remove(gate);
        if (_byAddress[address] is var gates && gates.Remove(gate) && gates.Count == 0)
        {
            _byAddress.Remove(address);
        }
    }
}
