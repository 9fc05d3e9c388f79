using System.Diagnostics;
using AkkaLb.Simulation.Checks;
using AkkaLb.Simulation.World;

namespace AkkaLb.Simulation;

/// <summary>Many runs, one seed after another, on all processors.</summary>
internal static class Suite
{
    /// <summary>Of so many runs that broke a rule it ends: more say nothing new, and each is kept.</summary>
    private const int FailuresMax = 1000;

    /// <param name="count">How many schedules.</param>
    /// <param name="firstSeed">Of the first; each of the others has the next.</param>
    /// <param name="replays">Each so many seeds one is run twice, and has to be the same run.</param>
    /// <param name="stopAt">No further seed is begun after so many seeds that broke a rule.</param>
    /// <param name="threads">Null: one for each processor.</param>
    /// <param name="rule">Only runs that break this rule are failures; null: any.</param>
    public static SuiteResult Run(
        int count, long firstSeed, Planted planted = Planted.Nothing, int replays = 1, int stopAt = FailuresMax, string? rule = null,
        int? threads = null)
    {
        var watch = Stopwatch.StartNew();
        var gate = new Lock();
        var (marks, failures) = (new Marks(), new SortedDictionary<long, RunResult>());
        var (events, time, begun) = (0L, TimeSpan.Zero, 0);
        Parallel.For(0, threads ?? Environment.ProcessorCount, _ =>
        {
            while (true)
            {
                int mine;
                lock (gate)
                {
                    if (begun >= count || failures.Count >= stopAt)
                    {
                        return;
                    }

                    mine = begun++;
                }

                var scenario = Swarm.Draw(firstSeed + mine);
                var result = World.Run.Of(scenario, planted);
                if (result.Violations.Count == 0 && replays > 0 && mine % replays == 0 && World.Run.Of(scenario,
                    planted).TraceHash != result.TraceHash)
                {
                    result = result with { Violations = ["same-seed-same-run: the second run of this seed was another one"] };
                }

                lock (gate)
                {
                    marks.Add(result.Marks);
                    events += result.Events;
                    time += result.Time;
                    if (result.Violations.Count > 0 && (rule is null || result.Rules.Contains(rule)))
                    {
                        failures.Add(scenario.Seed, result);
                    }
                }
            }
        });
        return new SuiteResult(begun, [.. failures.Values], marks, events, time, watch.Elapsed);
    }
}

/// <summary>What a suite has shown.</summary>
/// <param name="Failures">Runs that broke a rule, by seed.</param>
/// <param name="Time">Virtual.</param>
/// <param name="Elapsed">Of the wall clock.</param>
internal sealed record SuiteResult(
    int Schedules, IReadOnlyList<RunResult> Failures, Marks Marks, long Events, TimeSpan Time, TimeSpan Elapsed);
