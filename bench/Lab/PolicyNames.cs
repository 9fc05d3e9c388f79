using System.CommandLine;
using AkkaLb.Core.Policies;
using AkkaLb.Programs;

namespace AkkaLb.Bench.Lab;

/// <summary>Reads a list of policies.</summary>
internal static class PolicyNames
{
    /// <summary>Names separated by commas, each once; where nothing was given, all policies. Unknown ones are refused.</summary>
    public static IReadOnlyList<string> Read(FlagValues given, Option<string?> flag)
    {
        var names = given.Text(flag)?.Split(',') ?? [.. Policy.All.Select(p => p.Name)];
        foreach (var name in names.Where(name => Policy.All.All(p => p.Name != name)))
        {
            given.Refuse($"{flag.Name} {(name.Length == 0 ? "\"\"" : name)}: no such policy; choose from {Policy.Names}");
        }

        return [.. names.Distinct()];
    }
}
