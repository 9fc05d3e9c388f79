using System.Globalization;
using AkkaLb.Simulation.Checks;
using AkkaLb.Simulation.Nodes;

namespace AkkaLb.Simulation.World;

/// <summary>What a scenario can let happen: a row a kind. Whoever is not there (any more) has nothing happen to them, so acts can be taken out of a
/// scenario one by one.</summary>
internal static class Acts
{
    /// <summary>With the kind; of the others, those of etcd have one, and the rest name somebody.</summary>
    private static readonly Dictionary<string, int> WordCounts = new(StringComparer.Ordinal)
    {
        ["job"] = 7, ["ask"] = 5, ["cancel"] = 3, ["cut"] = 3, ["oneway"] = 3, ["heal"] = 3, ["reset"] = 3, ["clog"] = 4, ["etcd-slow"] = 2,
        ["overwrite"] = 3,
    };

    private static readonly Dictionary<string, Action<Run, Who>> Kinds = new(StringComparer.Ordinal)
    {
        ["job"] = (_, who) => who.Client?.Submit(
            who.Number(1), who.Word(2) == "again", who.Word(3), who.Number(4), TimeSpan.FromMilliseconds(who.Number(5))),
        ["ask"] = (_, who) => who.Client?.Ask(who.Number(1), who.Number(2), TimeSpan.FromMilliseconds(who.Number(3))),
        ["cancel"] = (_, who) => who.Client?.Cancel(who.Number(1)),
        ["kill"] = (_, who) => who.First?.Kill(),
        ["start"] = (_, who) => who.First?.Start(),
        ["stop"] = (_, who) => who.First?.Post(who.First.Leave),
        ["freeze"] = (_, who) => who.First?.Freeze(),
        ["thaw"] = (_, who) => who.First?.Thaw(),
        ["cut"] = (run, who) => who.Both((a, b) =>
        {
            run.Network.Cut(a, b);
            run.Network.Cut(b, a);
        }),
        ["oneway"] = (run, who) => who.Both(run.Network.Cut),
        ["heal"] = (run, who) => who.Both((a, b) =>
        {
            run.Network.Heal(a, b);
            run.Network.Heal(b, a);
        }),
        ["reset"] = (run, who) => who.Both(run.Network.Reset),
        ["clog"] = (run, who) => who.Both((a, b) => run.Network.Clog(a, b, TimeSpan.FromMilliseconds(who.Number(2)))),
        ["etcd-down"] = (run, _) => run.Etcd.Down(),
        ["etcd-up"] = (run, _) => run.Etcd.Up(),
        ["etcd-leader"] = (run, _) => run.Etcd.NewLeader(),
        ["etcd-slow"] = (run, who) => run.Etcd.Slow(TimeSpan.FromMilliseconds(who.Number(0))),
        ["etcd-compact"] = (run, _) => run.Etcd.Compact(),
        ["etcd-backup"] = (run, _) => run.Etcd.Backup(),
        ["etcd-restore"] = (run, _) => run.Etcd.Restore(isEmpty: false),
        ["etcd-wipe"] = (run, _) => run.Etcd.Restore(isEmpty: true),
        ["isolate"] = (run, who) => who.One(p => run.Etcd.CutOff(p, true)),
        ["rejoin"] = (run, who) => who.One(p => run.Etcd.CutOff(p, false)),
        ["delete"] = (run, who) => run.Etcd.Delete(who.First?.Name ?? who.Word(0)),
        ["overwrite"] = (run, who) => run.Etcd.WriteOver(who.First?.Name ?? who.Word(0), who.Word(1) == "leased"),
        ["broken"] = (_, who) => (who.First as WorkerProcess)?.BreakActor(),
        ["mended"] = (_, who) => (who.First as WorkerProcess)?.Mend(),
    };

    /// <summary>What is wrong with it; null: nothing.</summary>
    public static string? ProblemIn(Act act)
    {
        var numbers = act.Kind switch { "job" => new[] { 2, 5, 6 }, "ask" => [2, 3, 4], "cancel" => [2], "clog" => [3], "etcd-slow" => [1], _ => [] };
        return !Kinds.ContainsKey(act.Kind) ? "nobody knows this kind"
            : act.Words.Count != WordCounts.GetValueOrDefault(act.Kind, act.Kind.StartsWith("etcd", StringComparison.Ordinal) ? 1 : 2) ? "its words"
            : numbers.Any(i => !int.TryParse(act.Words[i], NumberStyles.None, CultureInfo.InvariantCulture, out _)) ? "its numbers"
            : act.Kind == "job" && (act.Words[3] is not ("again" or "once") || !Habits.All.Contains(act.Words[4])) ? "its habit"
            : null;
    }

    /// <summary>False: nobody knows this kind.</summary>
    public static bool Do(Run run, Act act, IReadOnlyDictionary<string, Process> processes)
    {
        if (!Kinds.TryGetValue(act.Kind, out var kind))
        {
            return false;
        }

        run.Clockwork.Note(act.Words.Count, act);
        foreach (var word in act.Words.Skip(1))
        {
            if (act.Kind is not ("job" or "ask" or "cancel") && processes.TryGetValue(word, out var disturbed))
            {
                disturbed.DisturbedAt = run.Clockwork.Now;
            }
        }

        kind(run, new Who(act, processes));
        return true;
    }

    /// <summary>The words of an act behind its kind.</summary>
    private readonly struct Who(Act act, IReadOnlyDictionary<string, Process> processes)
    {
        public Process? First => processes.GetValueOrDefault(Word(0));

        public ClientProcess? Client => First as ClientProcess;

        public string Word(int index) => index + 1 < act.Words.Count ? act.Words[index + 1] : throw new FormatException($"too few words: {act}");

        public int Number(int index) => int.TryParse(Word(index), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"\"{Word(index)}\" is no number: {act}");

        public void One(Action<Process> act)
        {
            if (First is { } first)
            {
                act(first);
            }
        }

        public void Both(Action<Process, Process> act)
        {
            if (First is { } a && processes.GetValueOrDefault(Word(1)) is { } b && a != b)
            {
                act(a, b);
            }
        }
    }
}
