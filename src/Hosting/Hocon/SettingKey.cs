namespace AkkaLb.Hosting.Hocon;

/// <summary>One setting a program knows.</summary>
/// <param name="Path">Full path, such as <c>akkalb.worker.heartbeat</c>.</param>
/// <param name="Kind">What its value may be.</param>
/// <param name="Flag">The command line flag that sets it, such as <c>--port</c>, named in messages; null when there is none.</param>
public sealed record SettingKey(string Path, SettingKind Kind, string? Flag = null)
{
    /// <summary>The path and, in brackets, the flag: how messages name the setting.</summary>
    public override string ToString() => Flag is null ? Path : $"{Path} ({Flag})";
}
