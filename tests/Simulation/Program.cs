using System.Globalization;
using AkkaLb.Simulation.Checks;
using AkkaLb.Simulation.World;

namespace AkkaLb.Simulation;

/// <summary>Runs the system from seeds, without a network, a clock or a registry.</summary>
internal static class Program
{
    private const string Usage =
        """
        usage: ./test --simulate N [--seed K] [--plant BUG] [--replays M]
               ./test --shrink SEED [--plant BUG]
               ./test --tell SEED|FILE [--plant BUG]
          --simulate N   runs the schedules of the seeds K, K+1, ... K+N-1 and ends with a line "N schedules, V violations"
          --seed K       the first seed (1)
          --replays M    each M-th schedule is run twice and has to be the same run (1: every one; 0: none)
          --shrink SEED  prints the shortest scenario found that breaks the same rule as the seed does
          --tell SEED|FILE  prints what happens in the run of a seed, or of a scenario in a file
          --plant BUG    puts one of these bugs in: 
        """;

    /// <returns>0: no violation; 1: some; 2: wrong arguments.</returns>
    public static int Main(string[] args)
    {
        try
        {
            var flags = Read(args);
            var planted = flags.TryGetValue("--plant", out var bug) ? Bug(bug) : Planted.Nothing;
            if (flags.TryGetValue("--simulate", out var count))
            {
                var first = flags.TryGetValue("--seed", out var seed) ? Number(seed, 0, long.MaxValue / 2) : 1;
                return Simulate(Number(count, 1, int.MaxValue), first, planted,
                    flags.TryGetValue("--replays", out var replays) ? (int)Number(replays, 0, int.MaxValue) : 1);
            }

            if (flags.TryGetValue("--shrink", out var failing))
            {
                return Shrink(Swarm.Draw(Number(failing, 0, long.MaxValue / 2)), planted);
            }

            if (flags.TryGetValue("--tell", out var told))
            {
                return Tell(File.Exists(told) ? Scenario.Parse(File.ReadAllText(told)) : Swarm.Draw(Number(told, 0, long.MaxValue / 2)), planted);
            }
        }
        catch (Exception e) when (e is FormatException or ArgumentException or IOException or OverflowException)
        {
            Console.Error.WriteLine($"simulation: {e.Message}; --help tells how to use it");
        }

        return 2;
    }

    private static int Simulate(long count, long seed, Planted planted, int replays)
    {
        var result = Suite.Run((int)count, seed, planted, replays);
        foreach (var failure in result.Failures.Take(20))
        {
            Console.WriteLine($"seed {failure.Scenario.Seed}: {string.Join("; ", failure.Violations)}");
        }

        Console.WriteLine(Invariant(
            $"{result.Events:N0} events, {result.Time.TotalHours:0.0} virtual hours, {result.Elapsed.TotalSeconds:0.0} s of wall time, ")
            + Invariant($"{result.Schedules / result.Elapsed.TotalMinutes:N0} schedules a minute, ")
            + Invariant($"{result.Time.TotalSeconds / result.Schedules:0.0} virtual seconds each"));
        foreach (var mark in Enum.GetValues<Mark>())
        {
            Console.WriteLine(Invariant($"mark {mark}: {result.Marks[mark]:N0}"));
        }

        if (result.Failures.Count > 0)
        {
            Console.WriteLine($"the shortest scenario that shows it: --shrink {result.Failures[0].Scenario.Seed}");
        }

        Console.WriteLine(Invariant($"{result.Schedules} schedules, {result.Failures.Count} violations"));
        return result.Failures.Count == 0 ? 0 : 1;
    }

    private static int Shrink(Scenario scenario, Planted planted)
    {
        var result = Run.Of(scenario, planted);
        if (result.Violations.Count == 0)
        {
            Console.WriteLine($"seed {scenario.Seed} breaks no rule");
            return 0;
        }

        var shrinker = new Shrinker(result.Rules.First(), planted, runsMax: 5000);
        var smallest = shrinker.Shrink(scenario);
        Console.WriteLine($"# {Run.Of(smallest, planted).Violations[0]}");
        Console.WriteLine(Invariant($"# found with seed {scenario.Seed}, in {shrinker.Runs} runs made of {scenario.Acts.Count} acts"));
        Console.Write(smallest);
        return 1;
    }

    private static int Tell(Scenario scenario, Planted planted)
    {
        Console.Write(scenario);
        var result = Run.Of(scenario, planted, Console.WriteLine);
        foreach (var violation in result.Violations)
        {
            Console.WriteLine($"violation: {violation}");
        }

        Console.WriteLine(Invariant($"trace {result.TraceHash:x16}, {result.Events:N0} events, {result.Time.TotalSeconds:0.0} virtual seconds"));
        return result.Violations.Count == 0 ? 0 : 1;
    }

    private static Dictionary<string, string> Read(string[] args)
    {
        if (args is ["--help"])
        {
            Console.WriteLine(Usage + string.Join(", ", Enum.GetNames<Planted>().Skip(1)));
            Environment.Exit(0);
        }

        if (args.Length % 2 != 0)
        {
            throw new ArgumentException("each flag has one value");
        }

        var flags = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (args[i] is not ("--simulate" or "--seed" or "--plant" or "--replays" or "--shrink" or "--tell") || !flags.TryAdd(args[i],
                args[i + 1]))
            {
                throw new ArgumentException($"{args[i]} is not known, or is given twice");
            }
        }

        return flags.Keys.Count(k => k is "--simulate" or "--shrink" or "--tell") == 1
            ? flags
            : throw new ArgumentException("one of --simulate, --shrink and --tell is needed");
    }

    private static long Number(string text, long min, long max) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new ArgumentException(Invariant($"\"{text}\" is no file that is there and no whole number from {min} to {max}"));

    private static Planted Bug(string name) =>
        Enum.GetNames<Planted>().FirstOrDefault(n => n.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } bug
            ? Enum.Parse<Planted>(bug)
            : throw new ArgumentException($"there is no bug \"{name}\" to plant");

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
