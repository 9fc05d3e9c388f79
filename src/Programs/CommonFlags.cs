using System.CommandLine;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Programs;

/// <summary>The flags of a program's settings. Values are text: the settings' schema judges them, together with what a file says.</summary>
/// <param name="isListening">False: without those for address and port. A client listens at any port of this machine, unless its file says
/// otherwise.</param>
public sealed class CommonFlags(SettingsSchema schema, bool isListening = true)
{
    private readonly List<(SettingKey Key, Option<string?> Option)> _settings =
    [
        .. schema.Keys.Where(k => k.Flag is not null && (isListening || (k != NodeKeys.Host && k != NodeKeys.Port)))
            .Select(k => (k, Make(k.Flag!, k.ValueName, k.Meaning))),
    ];

    public Option<string?> Config { get; } = Make("--config", "FILE", "HOCON settings that go over the defaults; flags go over both");

    /// <summary>Gives a program its flags: those of its own settings, <c>--config</c>, and those that all programs have.</summary>
    public void AddTo(RootCommand command)
    {
        var (common, own) = (_settings.Where(s => NodeKeys.Common.Contains(s.Key)), _settings.Where(s => !NodeKeys.Common.Contains(s.Key)));
        foreach (var option in (Option<string?>[])[.. own.Select(s => s.Option), Config, .. common.Select(s => s.Option)])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>A flag whose value is text; given twice, the second is refused.</summary>
    public static Option<string?> Make(string name, string valueName, string meaning) =>
        new(name) { HelpName = valueName, Description = meaning, AllowMultipleArgumentsPerToken = false, Recursive = true };

    /// <summary>The flags of this set that were given, as settings.</summary>
    /// <param name="over">What they go over; null: nothing. It is changed.</param>
    public FlagOverlay Read(ParseResult parsed, FlagOverlay? over = null)
    {
        var given = _settings.Select(s => (s.Key, Text: Get(parsed, s.Option))).Where(s => s.Text is not null);
        return (over ?? new FlagOverlay()).SetAll([.. given.Select(s => (s.Key, s.Text!))]);
    }

    /// <summary>The value of a flag; null where it was not given, was given wrongly, or the command does not have it.</summary>
    public static string? Get(ParseResult parsed, Option<string?> option) =>
        parsed.GetResult(option) is { } result && !result.Errors.Any() ? parsed.GetValue(option) : null;
}
