using Akka.Configuration;

namespace AkkaLb.Programs.Hocon;

/// <summary>A setting and how it is read: the one row from which schema, flag, <c>--help</c>, overlay and reading come.</summary>
/// <param name="Reader">Reads the value at a path that the schema has checked.</param>
public sealed record Setting<T>(string Path, SettingKind Kind, Func<Config, string, T> Reader) : SettingKey(Path, Kind)
{
    /// <summary>This setting with a flag; see the properties for the parameters.</summary>
    public Setting<T> WithFlag(string name, string valueName, string meaning, string unit = "", (SettingKey Key, string Text)? implies = null) =>
        this with { Flag = name, ValueName = valueName, Meaning = meaning, Unit = unit, Implies = implies };
}

/// <summary>Makes settings of each <see cref="SettingKind"/>.</summary>
public static class Setting
{
    public static Setting<string> Text(string path) => new(path, SettingKind.Text, SettingsReader.ReadText);

    public static Setting<string> File(string path) => new(path, SettingKind.Path, SettingsReader.ReadText);

    public static Setting<string> Secret(string path) => new(path, SettingKind.Secret, SettingsReader.ReadText);

    public static Setting<string> Choice(string path, params IReadOnlyList<string> names) =>
        new(path, SettingKind.Choice(names), SettingsReader.ReadText);

    public static Setting<bool> Bool(string path) => new(path, SettingKind.Bool, SettingsReader.ReadBool);

    public static Setting<int> Whole(string path, int min, int max) => new(path, SettingKind.Whole(min, max), SettingsReader.ReadInt);

    /// <summary>Null: the word is given.</summary>
    public static Setting<int?> WholeOr(string path, string word, int min, int max) => new(
        path, SettingKind.WholeOr(word, min, max), (config, at) => config.ReadText(at) == word ? null : config.ReadInt(at));

    public static Setting<double> Fraction(string path, double min, double max) =>
        new(path, SettingKind.Fraction(min, max), SettingsReader.ReadFraction);

    public static Setting<TimeSpan> Duration(string path, TimeSpan min, TimeSpan max) =>
        new(path, SettingKind.Duration(min, max), SettingsReader.ReadDuration);

    public static Setting<IReadOnlyList<string>> TextList(string path) => new(path, SettingKind.TextList, SettingsReader.ReadTextList);

    public static Setting<IReadOnlyList<string>> Files(string path) => new(path, SettingKind.PathList, SettingsReader.ReadTextList);

    public static Setting<IReadOnlyDictionary<string, string>> TextMap(string path) => new(path, SettingKind.TextMap, SettingsReader.ReadTextMap);

    /// <summary>The value of a setting that each name may have, after <see cref="SettingsSchema.Check"/>.</summary>
    /// <param name="otherwise">What it is where nothing is given for this name.</param>
    public static T? GetFor<T>(this Config config, Setting<T> setting, string name, T? otherwise)
    {
        var path = setting.PathFor(name);
        return ConfigTree.Find(config, path) is null ? otherwise : setting.Reader(config, path);
    }

    /// <summary>The names for which settings of this one's section are given, in their order.</summary>
    public static IReadOnlyList<string> NamesOf(this Config config, SettingKey setting) =>
        ConfigTree.Find(config, setting.SectionOfNames) is { } section && section.IsObject()
            ? [.. section.GetObject().Items.Keys.Order(StringComparer.Ordinal)]
            : [];

    /// <summary>The setting's value, after <see cref="SettingsSchema.Check"/>.</summary>
    public static T Get<T>(this Config config, Setting<T> setting) => setting.Reader(config, setting.Path);
}
