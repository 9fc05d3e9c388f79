using System.Globalization;
using AkkaLb.Core.Machines;
using AkkaLb.Watching;

namespace AkkaLb.Core.Balancing;

/// <summary>What a balancer is told of the registry, and when the registry is watched again.</summary>
/// <remarks>What the registry tells goes on as it is, except when it has lost workers, see <see cref="LostMembers"/>. While the registry
/// cannot be reached it says nothing, so the last known members stand. A watch that ends with an error is opened again after a pause; one that the
/// registry refuses for good is told and opened again as well, since an operator may mend the cause. So is the one after a crash: the machine is new
/// then and has forgotten what it knew, and the balancer continues with the members it was told.
/// <para>What operators want of workers is watched beside them, and it is known first: a worker that is drained must get no job from a balancer that
/// has just started. It is waited for, for <see cref="OverridesWaitMax"/> at most, and not where it cannot be read.</para></remarks>
/// <param name="isInProcess">The registry lives and dies with this process.</param>
/// <param name="restarts">Outlives the machine that crashes.</param>
/// <param name="overrides">What operators want, as it was read before; null: the registry keeps nothing of the kind.</param>
public sealed class WatcherCore(bool isInProcess, RestartPause restarts, WorkerOverrides? overrides = null) : IMachine<WatcherEffect>
{
    /// <summary>A registry that tells of workers tells of the other within a moment. Raised: a registry that answers one question and not the other
    /// keeps a balancer from its work for longer. Lowered: a worker that is drained may get jobs from a balancer that has just started.</summary>
    public static readonly TimeSpan OverridesWaitMax = TimeSpan.FromSeconds(5);

    /// <summary>Pause before a failed watch is opened again.</summary>
    public static readonly TimeSpan ReopenAfter = TimeSpan.FromSeconds(1);

    /// <summary>The pause after a crash doubles from <see cref="ReopenAfter"/> up to this.</summary>
    public static readonly TimeSpan RestartPauseMax = TimeSpan.FromSeconds(30);

    private const int ProblemLengthMax = 300;

    private readonly LostMembers _lost = new();
    private readonly WatchHealth _health = new(isInProcess);
    private Watched<Member>.Known? _known;
    private string? _lastEnd;
    private TimeSpan? _reopenAt;
    private readonly WorkerOverrides _wanted = overrides ?? new WorkerOverrides();
    private Watched<OverrideSight>.Known? _overrides;
    private bool _waitsForOverrides = overrides is not null;
    private TimeSpan? _toldAt;

    /// <summary>Since this machine began: how often the registry could not be reached, and how often all of it was read again.</summary>
    public (long Disconnects, long Resyncs) Troubles => (_health.Disconnects, _health.Resyncs);

    /// <inheritdoc/>
    public TimeSpan? NextDue => Times.Sooner(Times.Sooner(_lost.KeptUntil, _reopenAt), _toldAt);

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<WatcherEffect> outbox)
    {
        switch (input)
        {
            case Watched<Member> e:
                OnEvent(e, now, outbox);
                break;
            case Watched<OverrideSight> e:
                OnOverrides(e, outbox);
                break;
            case Tick:
                OnTick(now, outbox);
                break;
            case GetWatcherState:
                outbox.Add(new WatcherEffect.Answer(Describe(now)));
                break;
            case GetWorkers:
                if (_overrides is not null)
                {
                    outbox.Add(new WatcherEffect.Answer(WithKept(_overrides)));
                }

                if (_known is not null && !_waitsForOverrides)
                {
                    outbox.Add(new WatcherEffect.Answer(Whole(_known)));
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

        if (now >= _toldAt)
        {
            Note(NoteLevel.Warning, $"what operators want of workers is not known after {OverridesWaitMax.TotalSeconds} s: jobs are given without it",
                outbox);
            WaitNoMore(outbox);
        }

        if (_lost.End(now) is { Count: > 0 } gone)
        {
            outbox.Add(new WatcherEffect.ToBalancer(_known! with { Changes = gone }));
        }
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

    private void OnEvent(Watched<Member> e, TimeSpan now, List<WatcherEffect> outbox)
    {
        switch (e)
        {
            case Watched<Member>.Known { Changes: null } known:
                OnRead(known, now, outbox);
                break;
            case Watched<Member>.Known known:
                _health.Proved(now);
                _lost.Changed(known.Changes);
                _known = known;
                ToBalancer(known, now, outbox);
                break;
            case Watched<Member>.Alive:
                _health.Proved(now);
                break;
            case Watched<Member>.Down down:
                _health.Disconnected(down.Reason);
                Note(NoteLevel.Warning, $"the registry cannot be reached; the last known workers stay: {down.Reason}", outbox);
                break;
            case Watched<Member>.Failed failed:
                _health.Disconnected(failed.Problem);
                Note(NoteLevel.Error, $"the watch of the registry failed; the last known workers stay: {failed.Problem}", outbox);
                break;
            case Watched<Member>.Up:
                _health.Connected(now);
                Note(NoteLevel.Info, "the registry is reached again", outbox);
                break;
            case Watched<Member>.Skipped skipped:
                Note(NoteLevel.Warning, $"registry value {skipped.Key} is left out: {skipped.Problem}", outbox);
                break;
            case Watched<Member>.MoreSkipped more:
                Note(NoteLevel.Warning, $"... and more registry values are left out: {more.Count}", outbox);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private void OnRead(Watched<Member>.Known known, TimeSpan now, List<WatcherEffect> outbox)
    {
        _health.Snapshot(now);
        if (_lastEnd is not null)
        {
            _lastEnd = null;
            Note(NoteLevel.Info, "the watch of the registry continues", outbox);
        }

        if (_known is not null)
        {
            var because = known.Because ?? "the watch was opened again";
            Note(NoteLevel.Info, $"the registry was read again at revision {known.Revision}: {because}", outbox);
            if (_lost.Read(_known, known, now) is > 0 and var lost)
            {
                var seconds = (_lost.KeptUntil!.Value - now).TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
                Note(NoteLevel.Warning, $"the registry has lost workers: {lost} of {_known.All.Count} are kept for {seconds} s, until they have "
                    + "had time to register again", outbox);
            }
        }

        _known = known;
        ToBalancer(Whole(known), now, outbox);
    }

    private void ToBalancer(Watched<Member>.Known known, TimeSpan now, List<WatcherEffect> outbox)
    {
        if (_waitsForOverrides)
        {
            _toldAt ??= now + OverridesWaitMax;
        }
        else
        {
            outbox.Add(new WatcherEffect.ToBalancer(known));
        }
    }

    private void WaitNoMore(List<WatcherEffect> outbox)
    {
        if (_waitsForOverrides && _known is not null)
        {
            outbox.Add(new WatcherEffect.ToBalancer(Whole(_known)));
        }

        (_waitsForOverrides, _toldAt) = (false, null);
    }

    private void OnOverrides(Watched<OverrideSight> e, List<WatcherEffect> outbox)
    {
        switch (e)
        {
            case Watched<OverrideSight>.Known known:
                _overrides = known;
                _wanted.Apply(known);
                outbox.Add(new WatcherEffect.OverridesToBalancer(known));
                break;
            case Watched<OverrideSight>.Down { IsRefused: true } down:
                Note(NoteLevel.Error, $"what operators want of workers cannot be read; what was known stays: {down.Reason}", outbox);
                break;
            case Watched<OverrideSight>.Failed failed:
                Note(NoteLevel.Error, $"the watch of what operators want of workers failed; what was known stays: {failed.Problem}", outbox);
                break;
            case Watched<OverrideSight>.Skipped skipped:
                Note(NoteLevel.Warning, Describe(skipped), outbox);
                break;
            case Watched<OverrideSight>.MoreSkipped more:
                Note(NoteLevel.Warning, $"... and more orders cannot be read: {more.Count}", outbox);
                break;
            case Watched<OverrideSight>.Up or Watched<OverrideSight>.Alive or Watched<OverrideSight>.Down:
                // The watch of the workers has the same to tell. What is wanted is not known yet.
                return;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        WaitNoMore(outbox);
    }

    /// <summary>Everybody who counts as registered.</summary>
    private Watched<Member>.Known Whole(Watched<Member>.Known known) =>
        known with { Changes = null, All = _lost.All.Count == 0 ? known.All : [.. known.All, .. _lost.All] };

    private string Describe(Watched<OverrideSight>.Skipped skipped) =>
        _wanted.All.Any(o => skipped.Key.EndsWith($"/overrides/{o.WorkerId}", StringComparison.Ordinal))
            ? $"the order {skipped.Key} cannot be read; the one that was read there before stays: {skipped.Problem}"
            : $"the order {skipped.Key} cannot be read, and none was read there before, so the worker gets jobs: {skipped.Problem}";

    /// <summary>All that operators want: where a value cannot be read, what was read there before.</summary>
    private Watched<OverrideSight>.Known WithKept(Watched<OverrideSight>.Known known) => known with
    {
        Changes = null, All = [.. known.All.Select(sight => sight.Wanted is null ? sight with { Wanted = _wanted.Of(sight.WorkerId) } : sight)],
    };

    private WatcherState Describe(TimeSpan now) => new(
        isInProcess ? "embedded" : "etcd",
        _health.IsConnected,
        _known?.Revision ?? 0,
        _health.ProofAge(now),
        _health.Resyncs,
        _health.Disconnects,
        _health.LastProblem,
        (_known?.All.Count ?? 0) + _lost.All.Count);

    private static void Note(NoteLevel level, string text, List<WatcherEffect> outbox) => outbox.Add(new WatcherEffect.Note(text, level));
}
