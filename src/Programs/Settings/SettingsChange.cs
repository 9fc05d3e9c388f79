using Akka.Configuration;
using Akka.Configuration.Hocon;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Logs;

namespace AkkaLb.Programs.Settings;

/// <summary>What follows for a running program from settings that were read again.</summary>
/// <param name="Log">Is used at once.</param>
/// <param name="ToRestartFor">The paths of the others that are not as the program was started with, in the order of the alphabet.</param>
internal sealed record SettingsChange(LogSettings Log, IReadOnlyList<string> ToRestartFor)
{
    private static readonly string[] Live = [NodeKeys.LogLevel.Path, NodeKeys.LogFormat.Path];

    /// <param name="inUse">What the program was started with.</param>
    /// <param name="now">What it would be started with; checked.</param>
    public static SettingsChange Between(Config inUse, Config now)
    {
        var (before, after) = (Leaves(inUse), Leaves(now));
        var changed = before.Keys.Union(after.Keys).Except(Live).Where(path => before.GetValueOrDefault(path) != after.GetValueOrDefault(path))
            .Order(StringComparer.Ordinal);
        return new SettingsChange(LogSettings.Of(now.Get(NodeKeys.LogLevel), now.Get(NodeKeys.LogFormat)), [.. changed]);
    }

    /// <summary>The text of each value, Akka's as well: null is one too.</summary>
    private static Dictionary<string, string> Leaves(Config config)
    {
        var leaves = new Dictionary<string, string>(StringComparer.Ordinal);
        Collect("", config.Root);
        return leaves;

        void Collect(string path, HoconValue value)
        {
            if (!value.IsObject())
            {
                leaves[path] = value.ToString();
                return;
            }

            foreach (var (name, child) in value.GetObject().Items)
            {
                Collect(path.Length == 0 ? name : ConfigTree.Join(path, name), child);
            }
        }
    }
}
