using System.Globalization;
using System.Text;
using Akka.Configuration;
using AkkaLb.Messages;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Settings;

/// <summary>Flags as HOCON, so that they go through the same checks as a file.</summary>
public sealed class FlagOverlay
{
    private readonly StringBuilder _hocon = new();

    /// <summary>As the flag of a setting gives it: several texts with commas between, several <c>name=value</c> with commas between, or a number of
    /// the setting's unit.</summary>
    public FlagOverlay Set(SettingKey key, string? text) => key.IsNamed ? SetNamed(key, text) : key.Kind.IsList ? SetList(key.Path, text)
        : key.Unit.Length > 0 ? SetDuration(key.Path, text, key.Unit)
        : Set(key.Path, text);

    /// <summary>Those that are given, and what they imply of settings that are not.</summary>
    public FlagOverlay SetAll(IReadOnlyCollection<(SettingKey Key, string Text)> given)
    {
        foreach (var (key, text) in given.Select(s => s.Key.Implies).OfType<(SettingKey Key, string Text)>().Distinct()
            .Where(implied => given.All(s => s.Key != implied.Key)))
        {
            Set(key, text);
        }

        foreach (var (key, text) in given)
        {
            Set(key, text);
        }

        return this;
    }

    /// <summary>What is no <c>name=value</c>, or names one twice, is passed on as what the section cannot be.</summary>
    private FlagOverlay SetNamed(SettingKey key, string? text)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in text?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            var name = equals > 0 ? item[..equals].TrimEnd() : "";
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') || !names.Add(name))
            {
                return Set(key.SectionOfNames, text);
            }

            Set(key.PathFor(name), item[(equals + 1)..].TrimStart());
        }

        return this;
    }

    public FlagOverlay Set(string path, string? value)
    {
        if (value is not null)
        {
            _hocon.Append(CultureInfo.InvariantCulture, $"{path} = {HoconText.Quote(value)}\n");
        }

        return this;
    }

    /// <summary>A list given as <c>a,b</c>. An empty item stays in it for the check to refuse: an unset variable must not become a default.</summary>
    public FlagOverlay SetList(string path, string? commaSeparated)
    {
        return commaSeparated is null ? this : SetItems(path, commaSeparated.Split(',', StringSplitOptions.TrimEntries));
    }

    public FlagOverlay SetItems(string path, IEnumerable<string> items)
    {
        _hocon.Append(CultureInfo.InvariantCulture, $"{path} = [{string.Join(", ", items.Select(HoconText.Quote))}]\n");
        return this;
    }

    /// <summary>A duration given as a number of <paramref name="unit"/>s; anything else is passed on for the check to refuse.</summary>
    public FlagOverlay SetDuration(string path, string? number, string unit) => Set(
        path,
        NumberText.TryDecimal(number, out _) ? number + unit : number);

    public Config ToConfig() => _hocon.Length == 0 ? Config.Empty : ConfigurationFactory.ParseString(_hocon.ToString());
}
