namespace AkkaLb.Core;

/// <summary>The rule for names of services: kinds of workers that one balancer serves side by side.</summary>
public static class WorkerService
{
    /// <summary>The service of workers and jobs that name none.</summary>
    public const string Default = "default";

    /// <summary>Longest name in characters.</summary>
    public const int LengthMax = 64;

    /// <summary>What a name is, for people.</summary>
    public static string Rule => $"1 to {LengthMax} letters, digits, underscores or hyphens";

    /// <summary>Whether this is 1 to <see cref="LengthMax"/> ASCII letters, digits, underscores and hyphens.</summary>
    public static bool IsValid(string? name) =>
        name is { Length: >= 1 and <= LengthMax } && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
