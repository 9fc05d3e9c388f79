using System.CommandLine;
using System.Globalization;
using AkkaLb.Programs;

namespace AkkaLb.Bench.Lab.Validation;

/// <summary>The command line of <c>validate</c>, and what it prints.</summary>
internal sealed class ValidateFlags
{
    private readonly Option<string?> _jobs = CommonFlags.Make(
        "--jobs", "N", "jobs for each check; fewer are quicker, and may miss by chance (8000000)");
    private readonly Option<string?> _seed = CommonFlags.Make("--seed", "K", "the same seed gives the same numbers (1)");

    public ValidateFlags() => Command = new Command(
        "validate",
        "Hold the lab against queueing theory: M/M/1, M/M/k, M/M/1-PS, and the best of two choices. Ends with 1 when anything is more than 2 % off.")
    {
        _jobs, _seed,
    };

    public Command Command { get; }

    public Func<CancellationToken, int> Read(FlagValues given)
    {
        var jobs = (int)(given.Whole(_jobs, 10_000, 100_000_000) ?? 8_000_000);
        var seed = given.Whole(_seed, 0, long.MaxValue / 2) ?? 1;
        return stop => Run(jobs, seed, stop);
    }

    private static int Run(int jobs, long seed, CancellationToken stop)
    {
        var wrong = 0;
        Console.Out.WriteLine($"{"",-52} {"theory",9} {"measured",9} deviation");
        foreach (var check in new Checks(jobs, seed, stop).All())
        {
            wrong += check.IsWrong ? 1 : 0;
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{check.Name,-52} {check.Theory,9:0.0000} {check.Measured,9:0.0000} {check.Deviation * 100,7:+0.00;-0.00} %")
                + (check.IsWrong ? "  WRONG" : ""));
        }

        Console.Out.WriteLine(wrong == 0 ? "everything within 2 %" : $"{wrong} beyond 2 %");
        return wrong == 0 ? ExitCode.Ok : ExitCode.JobsFailed;
    }
}
