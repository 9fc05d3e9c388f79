using Akka.Configuration;

namespace AkkaLb.Programs.Settings;

/// <summary>A program's settings as they were at its start.</summary>
/// <param name="Config">What they were read from, with the operator's settings for Akka.</param>
/// <param name="Reload">Reads them again.</param>
public sealed record LoadedSettings<T>(T Settings, Config Config, SettingsReload Reload);
