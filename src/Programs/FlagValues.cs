using System.CommandLine;
using System.Globalization;
using AkkaLb.Core;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs;

/// <summary>Reads flags that no setting stands behind, and collects what is wrong with them.</summary>
/// <param name="problems">Gets a sentence for each flag that cannot be used; the value is then its default.</param>
public sealed class FlagValues(ParseResult parsed, ICollection<string> problems)
{
    /// <summary>What was given for a flag; null where nothing was.</summary>
    public string? Text(Option<string?> flag) => CommonFlags.Get(parsed, flag);

    public bool IsSet(Option<bool> flag) => parsed.GetResult(flag) is not null && parsed.GetValue(flag);

    /// <summary>Adds a sentence of the caller's own.</summary>
    public void Refuse(string problem) => problems.Add(problem);

    /// <summary>A whole number within bounds, both inclusive.</summary>
    public long? Whole(Option<string?> flag, long min, long max)
    {
        var text = Text(flag);
        if (text is null)
        {
            return null;
        }

        if (NumberText.TryWhole(text, out var number) && number >= min && number <= max)
        {
            return number;
        }

        problems.Add(string.Create(CultureInfo.InvariantCulture, $"{flag.Name} {Shown(text)}: must be a whole number from {min} to {max}"));
        return null;
    }

    /// <summary>A number of seconds within bounds, both inclusive; with an <c>s</c> behind it or without.</summary>
    public TimeSpan? Seconds(Option<string?> flag, TimeSpan min, TimeSpan max)
    {
        var text = Text(flag);
        if (text is null)
        {
            return null;
        }

        var number = text.EndsWith('s') ? text[..^1] : text;
        if (NumberText.TryDuration(number, TimeSpan.FromSeconds(1), out var duration) && duration >= min && duration <= max)
        {
            return duration;
        }

        problems.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{flag.Name} {Shown(text)}: must be a number of seconds from {min.TotalSeconds} to {max.TotalSeconds}, such as 0.5"));
        return null;
    }

    private static string Shown(string text) => text.Length == 0 ? "\"\"" : OneLine.Of(text, 60);
}
