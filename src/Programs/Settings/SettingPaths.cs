using Akka.Configuration;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Settings;

/// <summary>Relative paths in a file belong to the file's folder, wherever the program is started; those of flags to the working directory.</summary>
internal static class SettingPaths
{
    /// <param name="layer">A file's settings; their values are of the right kind.</param>
    /// <param name="file">Its path.</param>
    public static Config Anchor(Config layer, SettingsSchema schema, string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var anchored = new FlagOverlay();
        foreach (var key in schema.Keys.Where(k => k.Kind.IsPath))
        {
            if (ConfigTree.Find(layer, key.Path) is not { } value)
            {
                continue;
            }

            if (SettingText.TryTextList(value, out var paths))
            {
                anchored.SetItems(key.Path, paths.Select(p => Path.Combine(folder, p)));
            }
            else if (SettingText.TryText(value, out var path) && path.Length > 0)
            {
                anchored.Set(key.Path, Path.Combine(folder, path));
            }
        }

        return anchored.ToConfig() is { IsEmpty: false } over ? over.WithFallback(layer) : layer;
    }
}
