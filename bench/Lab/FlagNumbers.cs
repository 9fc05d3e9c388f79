using System.CommandLine;
using System.Globalization;
using AkkaLb.Core;
using AkkaLb.Programs;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Bench.Lab;

/// <summary>Values of flags that only the lab has.</summary>
internal static class FlagNumbers
{
    /// <summary>A decimal number within bounds, both inclusive; null where none was given, or a wrong one, which is refused.</summary>
    public static double? Number(this FlagValues given, Option<string?> flag, double min, double max)
    {
        if (given.Text(flag) is not { } text)
        {
            return null;
        }

        if (NumberText.TryDecimal(text, out var number) && (double)number >= min && (double)number <= max)
        {
            return (double)number;
        }

        given.Refuse(string.Create(CultureInfo.InvariantCulture, $"{flag.Name} {Shown(text)}: must be a number from {min} to {max}, such as 0.5"));
        return null;
    }

    /// <summary>One of some words; null where none was given, or another, which is refused.</summary>
    public static string? Choice(this FlagValues given, Option<string?> flag, params string[] words)
    {
        if (given.Text(flag) is { } text && !words.Contains(text))
        {
            given.Refuse($"{flag.Name} {Shown(text)}: must be one of {string.Join(", ", words)}");
            return null;
        }

        return given.Text(flag);
    }

    private static string Shown(string text) => text.Length == 0 ? "\"\"" : OneLine.Of(text, 60);
}
