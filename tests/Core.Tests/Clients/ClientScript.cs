using System.Globalization;
using System.Text;
using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>Plays a script of events on a <see cref="ClientCore"/> and prints what it wants done.</summary>
/// <remarks>
/// A line that starts with <c>&gt;</c> is an event; <c>#</c> lines and empty ones are kept; any other line is an effect, written again by each
/// run. Workers are <c>w1</c>, <c>w2</c>, ... at the addresses <c>a1</c>, <c>a2</c>, ...; <c>v1</c> is one that does not know that jobs can be
/// cancelled. Jitter is always the middle of its range, so the first back-off is 5 ms, the next 10 ms. <c>wait T</c> calls
/// Tick whenever the core asks for it until T has passed. <c>linked</c> and <c>unlinked</c> find and lose some balancer without more ado; a script
/// that says which are <c>known</c> shows how one is found. Events:
/// <code>
/// settings sends=2 jobs=1 budget=0         first line only; defaults otherwise
/// submit j1 [once] [low|high] 5s           assign j1 COUNT 5s      stop      close
/// cancel j1
/// linked      unlinked     assigned REQUEST w1[,w2]     rejected REQUEST REASON 400ms
/// done j1 ATTEMPT          failed j1 ATTEMPT REASON     refused j1 ATTEMPT REASON [HINT]
/// deadletter j1 ATTEMPT    lost a1 (a connection that stood)    undialled a1 (one that never did)
/// there GATE               gone GATE w1 [by own dead letters]   heard w1
/// known b1[,b2]            answers PROBE b1         deadletter REQUEST       lost b1
/// wait 200ms               tick 200ms (one late Tick)           pass 200ms (no Tick)
/// </code>
/// </remarks>
internal sealed class ClientScript
{
    private readonly ClientDriver _core;
    private readonly Dictionary<string, JobId> _ids = [];
    private readonly StringBuilder _trace = new();
    private bool _showsSearch;
    private TimeSpan _now;

    private ClientScript(ClientSettings settings) => _core = new ClientDriver(settings, clientId: 1, new MiddlingRandom());

    /// <summary>The script with its effects as they are now.</summary>
    public static string Play(string script)
    {
        var lines = script.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        var player = new ClientScript(Settings(lines.FirstOrDefault(l => l.StartsWith("> settings", StringComparison.Ordinal))));
        foreach (var line in lines.Where(l => l.Length == 0 || l[0] is '>' or '#'))
        {
            player._trace.Append(line).Append('\n');
            if (line.StartsWith('>'))
            {
                player.Do(line[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
                player.PrintEffects();
            }
        }

        player.PrintEnd();
        return player._trace.ToString();
    }

    private static ClientSettings Settings(string? line)
    {
        var settings = ClientSettings.Default;
        foreach (var pair in line?.Split(' ').Skip(2) ?? [])
        {
            var (name, value) = (pair.Split('=')[0], Number(pair.Split('=')[1]));
            settings = name switch
            {
                "sends" => settings with { SendsMax = value },
                "jobs" => settings with { JobsMax = value },
                "budget" => settings with { RetryBudget = new RetryBudgetSettings(0, value / 10.0) },
                _ => throw new ArgumentException(pair, nameof(line)),
            };
        }

        return settings;
    }

    private void Do(string[] words)
    {
        switch (words[0])
        {
            case "settings":
                break;
            case "submit":
                _ids[words[1]] = _core.Submit(
                    words[1], ClientDriver.Text($"message of {words[1]}"), words[2] != "once", Time(words[^1]), _now, Priority(words[^2]));
                break;
            case "assign":
                _ids[words[1]] = _core.SubmitAssign(words[1], Number(words[2]), Time(words[3]), _now);
                break;
            case "cancel":
                _core.Handle(new ClientInput.Cancel(_ids[words[1]]), _now);
                break;
            case "stop":
                _core.StopSending(_now);
                break;
            case "close":
                _core.Close(_now);
                break;
            case "linked":
                _core.BalancerFound(_now);
                break;
            case "known":
                _showsSearch = true;
                _core.Handle(new ClientInput.BalancersKnown(words[1].Split(',')), _now);
                break;
            case "answers":
                _core.Handle(new ClientInput.BalancerAnswered(Number(words[1]), words[2]), _now);
                break;
            case "deadletter" when words.Length == 2:
                _core.Handle(new ClientInput.Undelivered(new Assign(Number(words[1]), 1, [], null, default)), _now);
                break;
            case "unlinked":
                _core.BalancerLost(_now);
                break;
            case "assigned":
                _core.Assigned(Number(words[1]), [.. words[2].Split(',').Select(Target)], "round-robin", _now);
                break;
            case "rejected":
                _core.AssignRejected(Number(words[1]), Enum.Parse<AssignRejectReason>(words[2]), $"says {words[2]}", Time(words[3]), _now);
                break;
            case "wait":
                Wait(_now + Time(words[1]));
                break;
            case "tick":
                _now += Time(words[1]);
                _core.Tick(_now);
                break;
            case "pass":
                _now += Time(words[1]);
                break;
            default:
                DoAtWorker(words);
                break;
        }
    }

    private void DoAtWorker(string[] words)
    {
        switch (words[0])
        {
            case "done":
                _core.JobDone(_ids[words[1]], Number(words[2]), $"reply to {words[1]}", _now);
                break;
            case "failed":
                _core.JobFailed(_ids[words[1]], Number(words[2]), Enum.Parse<JobFailureReason>(words[3]), $"cause {words[3]}", _now);
                break;
            case "refused":
                _core.JobRejected(
                    _ids[words[1]],
                    Number(words[2]),
                    Enum.Parse<JobRejectReason>(words[3]),
                    $"says {words[3]}",
                    words.Length > 4 ? Time(words[4]) : default,
                    _now);
                break;
            case "deadletter":
                _core.DeadLettered(_ids[words[1]], Number(words[2]), _now);
                break;
            case "lost":
                _core.Connected(words[1], _now);
                _core.ConnectionLost(words[1], "connection broken", _now);
                break;
            case "undialled":
                _core.ConnectionLost(words[1], "no connection", _now);
                break;
            case "there":
                _core.GateAnswered(Number(words[1]), isThere: true, "", _now);
                break;
            case "gone":
                _core.GateAnswered(Number(words[1]), isThere: false, words.Length > 3 ? "akka://AkkaLb" : Target(words[2]).Address, _now);
                break;
            case "heard":
                _core.Heard(Target(words[1]).Address, _now);
                break;
            default:
                throw new ArgumentException(string.Join(' ', words), nameof(words));
        }
    }

    private void Wait(TimeSpan until)
    {
        while (_core.NextDue is { } due && due <= until)
        {
            _now = due > _now ? due : _now;
            _core.Tick(_now);
            PrintEffects();
        }

        _now = until;
    }

    private void PrintEffects()
    {
        foreach (var effect in _showsSearch ? [.. _core.Search, .. _core.Effects] : _core.Effects)
        {
            _trace.Append(CultureInfo.InvariantCulture, $"  {_now.TotalMilliseconds,5:0.#} ms  {Text(effect)}\n");
        }

        _core.Search.Clear();
        _core.Effects.Clear();
    }

    private void PrintEnd() => _trace.Append(_core.PendingCount == 0 ? "= nothing pending\n" : $"= pending {_core.PendingCount}\n");

    private static string Text(ClientEffect effect) => effect switch
    {
        ClientEffect.ToBalancer { Message: Assign ask } => Invariant(
            $"ask {ask.RequestId} for {ask.Count}{But(ask.LeaveOut)}, {ask.Remaining.TotalMilliseconds:0.#} ms left{At(ask.Priority)}"),
        ClientEffect.ToGate { Worker: var to, Job: var send } => Invariant(
            $"send {Name(send)} attempt {send.Attempt} to {to.Worker.Id}, {send.Remaining.TotalMilliseconds:0.#} ms left")
            + After(send.Waited),
        ClientEffect.TellGate { Worker: var at, Message: CancelJob m } => Invariant($"cancel {m.Id.Sequence} attempt {m.Attempt} at {at.Worker.Id}"),
        ClientEffect.AskGate ask => Invariant($"ask gate {ask.Number} of {ask.Worker.Worker.Id} whether it is there"),
        ClientEffect.ToBalancer { Message: WorkerUnreachable tell } => $"tell {tell.Worker.Id} is unreachable: {tell.Seen}",
        ClientEffect.Probe probe => Invariant($"probe {probe.Number} at {probe.Address}"),
        ClientEffect.BalancerFound => "a balancer is found",
        ClientEffect.Note note => $"{(note.IsTrouble ? "warn" : "info")}: {note.Text}",
        ClientEffect.Finish finish => $"finish {finish.Ticket}: {Text(finish.Outcome)}",
        _ => throw new ArgumentException(effect.ToString(), nameof(effect)),
    };

    private static string Text(JobOutcome outcome) => outcome switch
    {
        JobOutcome.Done done => Invariant(
            $"done by {done.Worker.Id}, \"{done.Reply.Manifest}\", {done.Sends} sends, {done.Total.TotalMilliseconds:0.#} ms"),
        JobOutcome.Picked picked => $"picked {string.Join(' ', picked.Workers.Select(w => w.Worker.Id))} ({picked.Policy})",
        JobOutcome.Failed f => $"{f.Error}{Of(f.Worker)}{Because(f.Rejection)}{Because(f.Failure)}, \"{f.Cause}\", {f.Sends} sends",
        _ => throw new ArgumentException(outcome.ToString(), nameof(outcome)),
    };

    private static string Name(Job send) =>
        send.Message.Manifest["message of ".Length..] + (send.Idempotent ? "" : " (once)");

    private static string After(TimeSpan waited) => waited == default ? "" : Invariant($", after {waited.TotalMilliseconds:0.#} ms");

    private static JobPriority Priority(string word) => word switch
    {
        "low" => JobPriority.Low,
        "high" => JobPriority.High,
        _ => JobPriority.Normal,
    };

    private static string At(JobPriority priority) => priority == JobPriority.Normal ? "" : $", {priority}";

    private static string But(IReadOnlyList<WorkerKey> leaveOut) => leaveOut.Count == 0 ? "" : $" but {string.Join(' ', leaveOut.Select(w => w.Id))}";

    private static string Of(WorkerKey? worker) => worker is { } w ? $" at {w.Id}" : "";

    private static string Because<T>(T? reason)
        where T : struct => reason is { } r ? $" ({r})" : "";

    private static AssignedWorker Target(string id) => new(Key(id), "a" + id[1..], TakesCancel: id[0] == 'w');

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static TimeSpan Time(string word) => word.EndsWith("ms", StringComparison.Ordinal) ? Ms(Number(word[..^2])) : S(Number(word[..^1]));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
