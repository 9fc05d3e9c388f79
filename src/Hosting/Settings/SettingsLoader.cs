using System.Reflection;
using Akka.Configuration;
using AkkaLb.Hosting.Hocon;

namespace AkkaLb.Hosting.Settings;

/// <summary>Puts defaults, file and flags on top of each other and checks the result.</summary>
public static class SettingsLoader
{
    /// <param name="program">The assembly that carries its defaults, <paramref name="defaults"/>, as a resource.</param>
    /// <param name="file">The operator's file; null without one.</param>
    /// <exception cref="SettingsException">The file or any value is wrong; all problems at once.</exception>
    public static Config Load(Assembly program, string defaults, string? file, FlagOverlay flags, SettingsSchema schema)
    {
        var config = ReadDefaults(program, defaults);
        if (file is not null)
        {
            config = HoconFile.Load(file).WithFallback(config);
        }

        var overlay = flags.ToConfig();
        config = overlay.IsEmpty ? config : overlay.WithFallback(config);
        schema.ThrowIfInvalid(config, file ?? "");
        return config;
    }

    public static Config ReadDefaults(Assembly program, string defaults)
    {
        using var stream = program.GetManifestResourceStream(defaults)
            ?? throw new InvalidOperationException($"{program.GetName().Name} does not carry {defaults}");
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}
