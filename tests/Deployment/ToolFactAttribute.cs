using AkkaLb.Tests.Support;

namespace AkkaLb.Deployment.Tests;

/// <summary>A test that needs a tool which not every machine has; without it, the test counts as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(string tool)
    {
        Tool = tool;
        if (Find(tool) is null)
        {
            Skip = $"{tool} is not on this machine";
        }
    }

    public string Tool { get; }

    /// <summary>Its path; null: it is neither on PATH nor where a script of this repository puts it.</summary>
    public static string? Find(string tool) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Append(Path.Combine(Repository.Root, "artifacts", "prometheus", "usr", "bin"))
        .Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
}
