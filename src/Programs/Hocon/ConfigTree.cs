using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace AkkaLb.Programs.Hocon;

/// <summary>Looks into a <see cref="Config"/>, fallbacks merged, without its habit of turning absence into null errors.</summary>
internal static class ConfigTree
{
    public static HoconValue? Find(Config config, string path)
    {
        var value = config.Root;
        foreach (var name in path.Split('.'))
        {
            if (value is null || !value.IsObject() || !value.GetObject().Items.TryGetValue(name, out var next)) return null;
            value = next;
        }
        return value;
    }

    /// <summary>Removes what stands under a path of plain names; nothing where there is none.</summary>
    public static void Remove(Config config, string path)
    {
        var dot = path.LastIndexOf('.');
        if (dot < 0)
        {
            config.Root?.GetObject()?.Items.Remove(path);
        }
        else if (Find(config, path[..dot]) is { } section && section.IsObject()) section.GetObject().Items.Remove(path[(dot + 1)..]);
    }

    /// <summary>A path with one more name, quoted if it would not read back as one.</summary>
    public static string Join(string path, string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? $"{path}.{name}" : $"{path}.\"{name}\"";
}
