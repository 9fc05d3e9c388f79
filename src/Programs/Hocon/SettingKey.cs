namespace AkkaLb.Programs.Hocon;

/// <summary>One setting a program knows.</summary>
/// <param name="Path">Full path, such as <c>akkalb.worker.heartbeat</c>.</param>
/// <param name="Kind">What its value may be.</param>
/// <param name="Flag">The command line flag that sets it, such as <c>--port</c>, named in messages; null when there is none.</param>
public record SettingKey(string Path, SettingKind Kind, string? Flag = null)
{
    /// <summary>What <c>--help</c> shows for the flag's value.</summary>
    public string ValueName { get; init; } = "";

    /// <summary>What <c>--help</c> says of the flag.</summary>
    public string Meaning { get; init; } = "";

    /// <summary>The unit of a number given with the flag; empty: none is added.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Another setting, and the text it has when this one's flag is given and its own is not.</summary>
    public (SettingKey Key, string Text)? Implies { get; init; }

    /// <summary>Whether there is one for each name that the user chooses: the path has a name <c>*</c> in it.</summary>
    public bool IsNamed => Path.Contains(".*.", StringComparison.Ordinal);

    /// <summary>The section that has the names as its keys.</summary>
    internal string SectionOfNames => Path[..Path.IndexOf(".*.", StringComparison.Ordinal)];

    /// <summary>The setting of one of the names, in messages without the flag, which says more than one at once.</summary>
    internal SettingKey For(string name) => new(PathFor(name), Kind) { Unit = Unit };

    /// <summary>Its path for one of the names.</summary>
    internal string PathFor(string name) => Path.Replace("*", name, StringComparison.Ordinal);

    /// <summary>The path and, in brackets, the flag: how messages name the setting.</summary>
    public sealed override string ToString() => Flag is null ? Path : $"{Path} ({Flag})";
}
