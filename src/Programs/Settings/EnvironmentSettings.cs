using System.Collections;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Settings;

/// <summary>Settings from environment variables: <c>akkalb.balancer.lease-ttl</c> is <c>AKKALB__BALANCER__LEASE_TTL</c>.</summary>
/// <remarks>Two underscores stand for a dot, as in .NET's own configuration, and one for a hyphen. With one for a dot the variables that Kubernetes
/// sets for a service called <c>akkalb</c> would be settings. Programs may share their environment: a variable that only another one of them knows
/// means nothing here.</remarks>
public static class EnvironmentSettings
{
    private const string Prefix = "AKKALB__";

    private static readonly IReadOnlyList<SettingKey> OfAllPrograms = [.. SettingNames.All.Select(Setting.Text)];

    /// <summary>The variables of this process that are meant for AkkaLb.</summary>
    public static IReadOnlyDictionary<string, string> OfProcess() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Where(v => ((string)v.Key).StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        .ToDictionary(v => (string)v.Key, v => (string?)v.Value ?? "", StringComparer.Ordinal);

    /// <summary>The variable of a setting. One that there is for each name that the user chooses has a star for the name.</summary>
    public static string VariableOf(SettingKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Path.Replace(".", "__", StringComparison.Ordinal).Replace('-', '_').ToUpperInvariant();
    }

    /// <summary>The settings that variables give, as an overlay. Values are written as those of flags are.</summary>
    /// <param name="problems">Gets a line for each variable that belongs to no setting of any program.</param>
    internal static FlagOverlay Read(IReadOnlyDictionary<string, string> variables, SettingsSchema schema, List<string> problems)
    {
        var given = new List<(SettingKey Key, string Text)>();
        foreach (var (variable, text) in variables.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (KeyOf(variable, schema.Keys) is { } key)
            {
                given.Add((key, text));
            }
            else if (KeyOf(variable, OfAllPrograms) is null)
            {
                var path = variable.Replace("__", ".", StringComparison.Ordinal).Replace('_', '-').ToLowerInvariant();
                var known = schema.Keys.Concat(OfAllPrograms).Where(k => !k.IsNamed).DistinctBy(k => k.Path).ToDictionary(k => k.Path);
                var meant = NearestName.Of(path, known.Keys);
                problems.Add($"the environment variable {Excerpt.Of(variable)} belongs to no setting; "
                    + (meant is null ? "remove it" : $"did you mean {VariableOf(known[meant])}?"));
            }
        }

        return new FlagOverlay().SetAll(given);
    }

    /// <summary>Names that the user chooses stand in the variable as they are.</summary>
    private static SettingKey? KeyOf(string variable, IReadOnlyList<SettingKey> keys)
    {
        foreach (var key in keys)
        {
            var pattern = VariableOf(key);
            if (!key.IsNamed)
            {
                if (pattern == variable)
                {
                    return key;
                }

                continue;
            }

            var star = pattern.IndexOf('*', StringComparison.Ordinal);
            var (before, after) = (pattern[..star], pattern[(star + 1)..]);
            if (variable.Length > before.Length + after.Length && variable.StartsWith(before, StringComparison.Ordinal)
                && variable.EndsWith(after, StringComparison.Ordinal)
                && variable[before.Length..^after.Length] is var name && !name.Contains("__", StringComparison.Ordinal)
                && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            {
                return key.For(name);
            }
        }

        return null;
    }
}
