using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace AkkaLb.Programs.Hocon;

/// <summary>All settings a program knows under <c>akkalb</c>. Immutable, thread-safe.</summary>
/// <remarks>A name <c>*</c> in the path of a setting stands for any one name that the user chooses. Such a setting may be missing.</remarks>
public sealed class SettingsSchema
{
    private const string Root = "akkalb";
    private readonly Dictionary<string, SettingKey> _keys;
    private readonly HashSet<string> _sections;
    private readonly IReadOnlyList<string> _sectionsOfNames;

    /// <exception cref="ArgumentException">A key is named twice, lies outside <c>akkalb</c>, or is also the section of another.</exception>
    public SettingsSchema(params IReadOnlyList<SettingKey> keys)
    {
        Keys = keys;
        _keys = keys.ToDictionary(key => key.Path);
        _sections = [Root, .. keys.SelectMany(key => SectionsOf(key.Path))];
        _sectionsOfNames = [.. keys.Where(key => key.IsNamed).Select(key => key.SectionOfNames).Distinct()];
        var misplaced = keys.FirstOrDefault(key => !key.Path.StartsWith(Root + ".", StringComparison.Ordinal) || _sections.Contains(key.Path));
        if (misplaced is not null) throw new ArgumentException($"{misplaced.Path} cannot be a setting", nameof(keys));
    }

    public IReadOnlyList<SettingKey> Keys { get; }

    /// <summary>Checks every key and value under <c>akkalb</c>: unknown, missing, of the wrong shape, out of range.</summary>
    /// <param name="config">The settings, defaults and flags merged in. What is not under <c>akkalb</c> is Akka's and not looked at.</param>
    /// <param name="source">Where they come from, put before each line; empty for nothing before it.</param>
    /// <returns>All problems, a line each, in order of path; empty when there are none.</returns>
    public IReadOnlyList<string> Check(Config config, string source)
    {
        var problems = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, value) in Leaves(config))
        {
            if (ProblemAt(path, value) is { } problem) problems[path] = problem;
        }
        foreach (var key in Keys)
        {
            if (key.IsNamed) continue;
            // Below a section that is no object, all keys are missing: saying so once is enough.
            if (ConfigTree.Find(config, key.Path) is not null || SectionsOf(key.Path).Any(problems.ContainsKey)) continue;
            problems[key.Path] = $"{key} is missing; it {key.Kind.Requirement}";
        }
        return [.. problems.Values.Select(problem => source.Length == 0 ? problem : $"{source}: {problem}")];
    }

    /// <summary>As <see cref="Check"/>, for a program that can go no further.</summary>
    /// <exception cref="SettingsException">There are problems.</exception>
    public void ThrowIfInvalid(Config config, string source)
    {
        var problems = Check(config, source);
        if (problems.Count > 0) throw new SettingsException(problems);
    }

    /// <summary>Takes out of a layer what is wrong in it, so that the layers below stand in and the rest can be read.</summary>
    /// <param name="layer">A file's or the flags' settings; changed.</param>
    /// <param name="source">As in <see cref="Check"/>.</param>
    /// <param name="problems">Gets a line for each problem, in order of path.</param>
    /// <returns>The settings whose values were taken out.</returns>
    internal IReadOnlyList<SettingKey> TakeOutInvalid(Config layer, string source, List<string> problems)
    {
        var takenOut = new List<SettingKey>();
        foreach (var (path, value) in Leaves(layer).OrderBy(leaf => leaf.Path, StringComparer.Ordinal))
        {
            if (ProblemAt(path, value) is not { } problem) continue;
            problems.Add(source.Length == 0 ? problem : $"{source}: {problem}");
            if (_keys.TryGetValue(PatternOf(path), out var key)) takenOut.Add(key with { Path = path });
            ConfigTree.Remove(layer, path);
        }
        return takenOut;
    }

    /// <summary>The settings a configuration holds, known or not, in order of path: compare with <see cref="Keys"/>.</summary>
    public IReadOnlyList<string> KeysOf(Config config) => [.. Leaves(config).Select(leaf => leaf.Path).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> SectionsOf(string path)
    {
        for (var dot = path.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = path.IndexOf('.', dot + 1)) yield return path[..dot];
    }

    private string? ProblemAt(string path, HoconValue value)
    {
        if (_keys.TryGetValue(PatternOf(path), out var key))
        {
            return key.Kind.ProblemIn(value) is { } problem
                ? $"{key with { Path = path }} = {(key.Kind.IsSecret ? "(not shown)" : SettingText.Show(value))}: {problem}"
                : null;
        }
        if (_sections.Contains(PatternOf(path)))
        {
            return $"{path} = {SettingText.Show(value)}: must be an object of settings, {path} {{ ... }}{FlagFor(path)}";
        }
        var pattern = PatternOf(path);
        var meant = NearestName.Of(pattern, [.. _keys.Keys, .. _sections.Where(section => section != Root)]);
        if (meant?.IndexOf('*') is >= 0 and var star)
        {
            // The name that was chosen, not the star that stands for any.
            meant = pattern.StartsWith(meant[..(star + 1)], StringComparison.Ordinal)
                ? meant[..star] + path[star..].Split('.')[0] + meant[(star + 1)..]
                : meant.Replace("*", "NAME", StringComparison.Ordinal);
        }
        return $"unknown key {Excerpt.Of(path)}; " + (meant is null ? "remove it" : $"did you mean {meant}?");
    }

    // A section of names may be set by a flag too, which says name and value together.
    private string FlagFor(string path) =>
        Keys.FirstOrDefault(key => key.IsNamed && key.Flag is not null && key.SectionOfNames == path) is { } named
            ? $"; with {named.Flag} it is {named.ValueName}, each NAME once, of letters, digits, underscores or hyphens"
            : "";

    // The path with a star for a name that the user chose.
    private string PatternOf(string path)
    {
        foreach (var section in _sectionsOfNames)
        {
            if (path.Length > section.Length + 1 && path[section.Length] == '.' && path.StartsWith(section, StringComparison.Ordinal))
            {
                var end = path.IndexOf('.', section.Length + 1);
                return $"{section}.*{(end < 0 ? "" : path[end..])}";
            }
        }
        return path;
    }

    // What a section holds that is not itself a known section with an object: settings, unknown keys, and sections of the wrong shape.
    private List<(string Path, HoconValue Value)> Leaves(Config config)
    {
        var leaves = new List<(string, HoconValue)>();
        if (ConfigTree.Find(config, Root) is { } root) Collect(Root, root, leaves);
        return leaves;
    }

    private void Collect(string path, HoconValue value, List<(string, HoconValue)> leaves)
    {
        if (!_sections.Contains(PatternOf(path)) || !value.IsObject())
        {
            leaves.Add((path, value));
            return;
        }
        foreach (var (name, child) in value.GetObject().Items) Collect(ConfigTree.Join(path, name), child, leaves);
    }
}
