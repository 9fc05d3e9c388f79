using Akka.Configuration;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Settings;

/// <summary>Reads a running program's settings again.</summary>
/// <param name="inUse">What it was started with.</param>
/// <param name="read">Reads file, variables and flags; may throw <see cref="SettingsException"/>.</param>
public sealed class SettingsReload(Config inUse, Func<Config> read)
{
    /// <exception cref="SettingsException">Something is wrong; all of it is named.</exception>
    internal SettingsChange Read() => SettingsChange.Between(inUse, read());
}
