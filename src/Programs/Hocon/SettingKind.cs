using Akka.Configuration.Hocon;

namespace AkkaLb.Programs.Hocon;

/// <summary>What the value of a setting may be. Bounds are inclusive.</summary>
public sealed class SettingKind
{
    private readonly Func<HoconValue, bool> _allows;

    private SettingKind(string requirement, Func<HoconValue, bool> allows, bool isMap = false)
    {
        Requirement = requirement;
        _allows = allows;
        IsMap = isMap;
    }

    /// <summary>Any text, the empty one included.</summary>
    public static SettingKind Text { get; } = new("must be text", value => SettingText.TryText(value, out _));

    /// <summary>A path, or the empty text. Relative ones in a file belong to its folder.</summary>
    public static SettingKind Path { get; } = new("must be text", value => SettingText.TryText(value, out _)) { IsPath = true };

    /// <summary>Any text, never shown: what is wrong with it is told without it.</summary>
    public static SettingKind Secret { get; } = new("must be text", value => SettingText.TryText(value, out _)) { IsSecret = true };

    /// <summary><c>true</c>, <c>false</c>, <c>on</c> or <c>off</c>.</summary>
    public static SettingKind Bool { get; } = new("must be true, false, on or off", value => SettingText.TryBool(value, out _));

    /// <summary>A list of texts, none of them empty; the list may be.</summary>
    public static SettingKind TextList { get; } =
        new("must be a list of texts such as [a, b]", value => SettingText.TryTextList(value, out _)) { IsList = true };

    /// <summary>A list of paths, none of them empty. Relative ones in a file belong to its folder.</summary>
    public static SettingKind PathList { get; } =
        new("must be a list of texts such as [a, b]", value => SettingText.TryTextList(value, out _)) { IsPath = true, IsList = true };

    /// <summary>An object whose keys are free and whose values are texts.</summary>
    public static SettingKind TextMap { get; } =
        new("must be an object of texts such as { name = value }", value => SettingText.TryTextMap(value, out _), isMap: true);

    /// <summary>What a value must be, continuing "key = value: ".</summary>
    internal string Requirement { get; }

    /// <summary>Whether the keys below this one are the user's own.</summary>
    internal bool IsMap { get; }

    /// <summary>Whether messages keep the value to themselves.</summary>
    internal bool IsSecret { get; private init; }

    /// <summary>Whether the value names files.</summary>
    internal bool IsPath { get; private init; }

    /// <summary>Whether a flag gives several values, with commas between.</summary>
    internal bool IsList { get; private init; }

    private bool NeedsUnit { get; init; }

    /// <summary>A whole number.</summary>
    public static SettingKind Whole(long min, long max) =>
        new($"must be from {min} to {max}", value => SettingText.TryInt(value, out var number) && number >= min && number <= max);

    /// <summary>A whole number, or one word instead.</summary>
    public static SettingKind WholeOr(string word, long min, long max) =>
        new($"must be from {min} to {max}, or {word}",
            value => (SettingText.TryText(value, out var text) && text == word)
                || (SettingText.TryInt(value, out var number) && number >= min && number <= max));

    /// <summary>A time with its unit: ns, us, ms, s, m, h, d or their long names. A bare number is refused.</summary>
    public static SettingKind Duration(TimeSpan min, TimeSpan max) =>
        new($"must be from {DurationText.Format(min)} to {DurationText.Format(max)}",
            value => SettingText.TryDuration(value, out var duration) && duration >= min && duration <= max)
        {
            NeedsUnit = true,
        };

    /// <summary>A plain decimal number.</summary>
    public static SettingKind Fraction(double min, double max) =>
        new(FormattableString.Invariant($"must be a number from {min} to {max}"),
            value => SettingText.TryFraction(value, out var number) && number >= min && number <= max);

    /// <summary>One of the names, spelled exactly so. An empty name stands for "not chosen" where a program allows that.</summary>
    public static SettingKind Choice(params IReadOnlyList<string> names) =>
        new($"must be one of {string.Join(", ", names.Select(name => name.Length == 0 ? "\"\"" : name))}",
            value => SettingText.TryText(value, out var text) && names.Contains(text));

    /// <summary>What is wrong with a value, or null.</summary>
    internal string? ProblemIn(HoconValue value)
    {
        if (_allows(value)) return null;
        // Akka would take a bare number for milliseconds, and its reader may well have meant seconds.
        return NeedsUnit && SettingText.TryFraction(value, out _) ? $"{Requirement}; add a unit: ms, s, m, h or d" : Requirement;
    }
}
