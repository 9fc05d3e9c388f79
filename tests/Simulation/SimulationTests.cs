using AkkaLb.Simulation.Checks;
using AkkaLb.Simulation.World;
using Xunit.Abstractions;

namespace AkkaLb.Simulation;

public sealed class SimulationTests(ITestOutputHelper output)
{
    /// <summary>Of the suite that each test run goes through. A soak takes others.</summary>
    private const int Schedules = 3000;

    /// <summary>Other tests run beside these and want to be on time.</summary>
    private static readonly int Threads = Math.Max(1, Environment.ProcessorCount - 1);

    private static readonly Lazy<SuiteResult> Suite = new(() => Simulation.Suite.Run(Schedules, firstSeed: 1, replays: 10, threads: Threads));

    [Fact]
    public void No_schedule_breaks_a_rule() => Assert.True(Suite.Value.Failures.Count == 0, string.Join('\n', Suite.Value.Failures.Select(f =>
        $"seed {f.Scenario.Seed}: {string.Join("; ", f.Violations)}").Take(10)));

    [Fact]
    public void Every_mark_is_reached() => Assert.Empty(Suite.Value.Marks.Missing);

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            Assert.Equal(Run.Of(Swarm.Draw(seed)).TraceHash, Run.Of(Swarm.Draw(seed)).TraceHash);
        }
    }

    [Fact]
    public void A_scenario_read_from_its_text_gives_the_same_run()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var scenario = Swarm.Draw(seed);
            Assert.Equal(Run.Of(scenario).TraceHash, Run.Of(Scenario.Parse(scenario.ToString())).TraceHash);
        }
    }

    /// <summary>Each bug breaks the rule that it should, within 10,000 seeds.</summary>
    [Theory]
    [InlineData(nameof(Planted.RetryIgnoresIdempotence), "runs-once")]
    [InlineData(nameof(Planted.StaleReportAccepted), "reports-are-its-own")]
    [InlineData(nameof(Planted.RemovedMemberAssignable), "names-members-only")]
    [InlineData(nameof(Planted.QuarantineForEver), "everybody-works-with-everybody")]
    [InlineData(nameof(Planted.RulingBeforeTheDeadLetters), "ruling-waits")]
    [InlineData(nameof(Planted.LeaseRenewedAfterItWasLost), "calm-heals")]
    [InlineData(nameof(Planted.FinishedJobForgottenByTheGate), "calm-heals")]
    [InlineData(nameof(Planted.EarlyReportNeverDropped), "early-reports-count")]
    [InlineData(nameof(Planted.FailOverAsksTheDeadBalancerFirst), "fails-over")]
    [InlineData(nameof(Planted.AnswersAfterItsLease), "one-decides")]
    [InlineData(nameof(Planted.EntryPutBackOverAStrangers), "strangers-entry-is-kept")]
    public void A_planted_bug_is_found(string bug, string rule)
    {
        var result = Simulation.Suite.Run(10_000, firstSeed: 1, Enum.Parse<Planted>(bug), replays: 0, stopAt: 1, rule, Threads);
        var found = Assert.Single(result.Failures.Take(1));
        output.WriteLine($"{bug}: found with seed {found.Scenario.Seed}: {string.Join("; ", found.Violations)}");
    }

    public static TheoryData<string> Kept() =>
        [.. Directory.GetFiles(
            Path.Combine(AppContext.BaseDirectory, "scenarios"), "*.txt").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    /// <summary>Scenarios that once broke a rule.</summary>
    [Theory]
    [MemberData(nameof(Kept))]
    public void A_scenario_that_was_mended_stays_mended(string file) => Assert.Empty(
        Run.Of(Scenario.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "scenarios", file)))).Violations);
}
