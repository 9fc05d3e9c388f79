using System.Globalization;
using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Balancing;

/// <summary>What a balancer is told of the registry: a snapshot once, then only what is really new; and when the registry is watched again.</summary>
/// <remarks>While the registry cannot be reached it says nothing, so the last known members stand. A watch that ends with an error is opened again
/// after a pause; one that the registry refuses for good is told and opened again as well, since an operator may mend the cause. So is the one
/// after a crash: the machine is new then and has forgotten what it knew, and the balancer continues with the members it was told.</remarks>
/// <param name="isInProcess">The registry lives and dies with this process.</param>
/// <param name="restarts">Outlives the machine that crashes.</param>
public sealed class WatcherCore(bool isInProcess, RestartPause restarts) : IMachine<WatcherEffect>
{
    /// <summary>Pause before a failed watch is opened again.</summary>
    public static readonly TimeSpan ReopenAfter = TimeSpan.FromSeconds(1);

    /// <summary>The pause after a crash doubles from <see cref="ReopenAfter"/> up to this.</summary>
    public static readonly TimeSpan RestartPauseMax = TimeSpan.FromSeconds(30);

    private const int ProblemLengthMax = 300;

    private readonly MembershipView _view = new();
    private readonly WatchHealth _health = new(isInProcess);
    private string? _lastEnd;
    private TimeSpan? _reopenAt;

    /// <inheritdoc/>
    public TimeSpan? NextDue => _reopenAt is null || _view.KeptUntil < _reopenAt ? _view.KeptUntil : _reopenAt;

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<WatcherEffect> outbox)
    {
        switch (input)
        {
            case RegistryEvent e:
                OnEvent(e, now, outbox);
                break;
            case Tick:
                OnTick(now, outbox);
                break;
            case GetWatcherState:
                outbox.Add(new WatcherEffect.Answer(Describe(now)));
                break;
            case GetWorkersSnapshot:
                if (_view.HasSnapshot)
                {
                    outbox.Add(new WatcherEffect.Answer(Snapshot()));
                }

                break;
            case WatcherInput.WatchEnded m:
                OnEnded(m.Problem, now, outbox);
                break;
            case WatcherInput.Start:
                outbox.Add(new WatcherEffect.OpenWatch());
                break;
            case WatcherInput.StartAfterCrash m:
                var pause = restarts.Crashed(now);
                _reopenAt = now + pause;
                _health.Disconnected(OneLine.Of($"the watcher failed: {m.Problem}", ProblemLengthMax));
                Note(NoteLevel.Error, $"the watcher failed; the last known workers stay, and the registry is read again in {pause.TotalSeconds} s",
                    outbox);
                break;
            default:
                throw Inputs.Unknown(input, "a watcher");
        }
    }

    private void OnTick(TimeSpan now, List<WatcherEffect> outbox)
    {
        if (now >= _reopenAt)
        {
            _reopenAt = null;
            outbox.Add(new WatcherEffect.OpenWatch());
        }

        Tell(_view.EndKeeping(now), outbox);
    }

    private void OnEnded(string problem, TimeSpan now, List<WatcherEffect> outbox)
    {
        _reopenAt = now + ReopenAfter;
        _health.Disconnected(problem);
        if (problem != _lastEnd)
        {
            _lastEnd = problem;
            Note(NoteLevel.Error, $"the watch of the registry ended; the last known workers stay, and it is opened again every "
                + $"{ReopenAfter.TotalSeconds} s: {problem}", outbox);
        }
    }

    private void OnEvent(RegistryEvent e, TimeSpan now, List<WatcherEffect> outbox)
    {
        switch (e)
        {
            case RegistryEvent.Snapshot snapshot:
                OnSnapshot(snapshot, now, outbox);
                break;
            case RegistryEvent.Changed changed:
                _health.Proved(now);
                Tell(_view.Apply(changed.Revision, changed.Changes), outbox);
                break;
            case RegistryEvent.Alive:
                _health.Proved(now);
                break;
            case RegistryEvent.Disconnected disconnected:
                _health.Disconnected(disconnected.Reason);
                Note(NoteLevel.Warning, $"the registry cannot be reached; the last known workers stay: {disconnected.Reason}", outbox);
                break;
            case RegistryEvent.Connected:
                _health.Connected(now);
                Note(NoteLevel.Info, "the registry is reached again", outbox);
                break;
            case RegistryEvent.Unreadable unreadable:
                Note(NoteLevel.Warning, $"registry value {unreadable.Key} is left out: {unreadable.Problem}", outbox);
                break;
            case RegistryEvent.MoreUnreadable more:
                Note(NoteLevel.Warning, $"... and more registry values are left out: {more.Count}", outbox);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private void OnSnapshot(RegistryEvent.Snapshot snapshot, TimeSpan now, List<WatcherEffect> outbox)
    {
        _health.Snapshot(now);
        if (_lastEnd is not null)
        {
            _lastEnd = null;
            Note(NoteLevel.Info, "the watch of the registry continues", outbox);
        }

        var (isFirst, wasKeeping) = (!_view.HasSnapshot, _view.KeptUntil is not null);
        var changes = _view.Reset(snapshot.Revision, snapshot.Members, now);
        if (isFirst)
        {
            outbox.Add(new WatcherEffect.ToBalancer(Snapshot()));
            return;
        }

        var because = snapshot.Because ?? "the watch was opened again";
        Note(NoteLevel.Info, $"the registry was read again at revision {snapshot.Revision} (changes: {changes.Count}): {because}", outbox);
        Tell(changes, outbox);
        if (_view.KeptUntil is { } until && !wasKeeping)
        {
            var seconds = (until - now).TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
            Note(NoteLevel.Warning, $"the registry has lost every worker: all {_view.Members.Count} are kept for {seconds} s, until they have had "
                + "time to register again", outbox);
        }
    }

    private void Tell(IReadOnlyList<MemberChange> changes, List<WatcherEffect> outbox)
    {
        if (changes.Count > 0)
        {
            outbox.Add(new WatcherEffect.ToBalancer(new WorkersChanged(changes, _view.Revision)));
        }
    }

    private WorkersSnapshot Snapshot() => new(
        [.. _view.Members.OrderBy(m => m.RegistrationOrder).ThenBy(m => m.Worker.Id, StringComparer.Ordinal)], _view.Revision);

    private WatcherState Describe(TimeSpan now) => new(
        isInProcess ? "embedded" : "etcd",
        _health.IsConnected,
        _view.Revision,
        _health.ProofAge(now),
        _health.Resyncs,
        _health.Disconnects,
        _health.LastProblem,
        _view.Members.Count);

    private static void Note(NoteLevel level, string text, List<WatcherEffect> outbox) => outbox.Add(new WatcherEffect.Note(text, level));
}
