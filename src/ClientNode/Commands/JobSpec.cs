using AkkaLb.BuiltInJobs;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.ClientNode.Commands;

/// <summary>A built-in job as the command line names it.</summary>
internal static class JobSpec
{
    public const string Forms = "spin:MS, primes:N, sleep:MS or hold:MIB,MS";

    /// <summary>Reads <c>spin:MS</c>, <c>primes:N</c>, <c>sleep:MS</c> or <c>hold:MIB,MS</c>.</summary>
    /// <param name="problem">What is wrong with it; null when the answer is true.</param>
    public static bool TryParse(string text, out IBuiltInMessage job, out string? problem)
    {
        job = null!;
        problem = $"--job {text}: must be {Forms}, with whole numbers";
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !TryParseNumbers(text[(colon + 1)..], out var numbers))
        {
            return false;
        }

        job = (text[..colon], numbers) switch
        {
            ("spin", [var ms]) => new SpinJob(TimeSpan.FromMilliseconds(ms)),
            ("primes", [var below]) => new PrimesJob(below),
            ("sleep", [var ms]) => new SleepJob(TimeSpan.FromMilliseconds(ms)),
            ("hold", [var mebibytes, var ms]) => new HoldJob(mebibytes, TimeSpan.FromMilliseconds(ms)),
            _ => null!,
        };
        problem = job is null ? problem : null;
        return job is not null;
    }

    private static bool TryParseNumbers(string text, out int[] numbers)
    {
        var parts = text.Split(',');
        numbers = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!NumberText.TryWhole(parts[i], out var number) || number is < 0 or > int.MaxValue)
            {
                return false;
            }

            numbers[i] = (int)number;
        }

        return true;
    }
}
