using System.Reflection;
using Akka.Configuration;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Settings;

/// <summary>Puts defaults, file, environment variables and flags on top of each other and checks the result.</summary>
public static class SettingsLoader
{
    /// <summary>Loads and reads. Rules that concern several settings are checked even if some other settings are wrong, so that all is named at
    /// once.</summary>
    /// <param name="program">The assembly that carries its defaults, <paramref name="defaults"/>, as a resource.</param>
    /// <param name="file">The operator's file; null without one. Relative paths in it belong to its folder.</param>
    /// <param name="environment">Variables that are meant for AkkaLb, such as <see cref="EnvironmentSettings.OfProcess"/>; null: none.</param>
    /// <param name="read">Makes settings of a configuration whose values are all of the right kind; may throw
    /// <see cref="SettingsException"/>.</param>
    /// <exception cref="SettingsException">The file or any value is wrong; all problems at once.</exception>
    public static LoadedSettings<T> Load<T>(
        Assembly program, string defaults, string? file, FlagOverlay flags, SettingsSchema schema, Func<Config, T> read,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var (settings, config) = Load();
        return new LoadedSettings<T>(settings, config, new SettingsReload(config, () => Load().Config));

        (T Settings, Config Config) Load() => Layers(program, defaults, file, flags, schema, read, environment);
    }

    private static (T Settings, Config Config) Layers<T>(
        Assembly program, string defaults, string? file, FlagOverlay flags, SettingsSchema schema, Func<Config, T> read,
        IReadOnlyDictionary<string, string>? environment)
    {
        var problems = new List<string>();
        var spoiled = new List<SettingKey>();
        var config = ReadDefaults(program, defaults);
        if (file is not null && LoadFile(file, problems) is { IsEmpty: false } layer)
        {
            spoiled.AddRange(schema.TakeOutInvalid(layer, file, problems));
            config = SettingPaths.Anchor(layer, schema, file).WithFallback(config);
        }

        var variables = environment is null ? new FlagOverlay() : EnvironmentSettings.Read(environment, schema, problems);
        foreach (var (over, source) in new[] { (variables, "environment"), (flags, "") })
        {
            if (over.ToConfig() is { IsEmpty: false } overlay)
            {
                spoiled.AddRange(schema.TakeOutInvalid(overlay, source, problems));
                config = overlay.WithFallback(config);
            }
        }

        // What is left is of the right kind, but for what the layers make of each other.
        var unread = schema.Check(config, "");
        problems.AddRange(unread);
        var settings = unread.Count == 0 ? Read(config, read, spoiled, problems) : default;
        return problems.Count == 0 ? (settings!, config) : throw new SettingsException(problems);
    }

    public static Config ReadDefaults(Assembly program, string defaults)
    {
        using var stream = program.GetManifestResourceStream(defaults)
            ?? throw new InvalidOperationException($"{program.GetName().Name} does not carry {defaults}");
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }

    private static Config? LoadFile(string file, List<string> problems)
    {
        try
        {
            return HoconFile.Load(file);
        }
        catch (SettingsException e)
        {
            problems.AddRange(e.Problems);
            return null;
        }
    }

    private static T? Read<T>(Config config, Func<Config, T> read, List<SettingKey> spoiled, List<string> problems)
    {
        try
        {
            return read(config);
        }
        catch (SettingsException e)
        {
            // A rule that compares with a setting that is wrong itself has compared with its default.
            problems.AddRange(e.Problems.Where(p => !spoiled.Any(k => IsNamedIn(p, k.Path) || (k.Flag is not null && IsNamedIn(p, k.Flag)))));
            return default;
        }
    }

    private static bool IsNamedIn(string sentence, string name)
    {
        for (var at = sentence.IndexOf(name, StringComparison.Ordinal); at >= 0; at = sentence.IndexOf(name, at + 1, StringComparison.Ordinal))
        {
            var end = at + name.Length;
            if (end == sentence.Length || !(char.IsAsciiLetterOrDigit(sentence[end]) || sentence[end] is '-' or '.'))
            {
                return true;
            }
        }

        return false;
    }
}
