namespace AkkaLb.Core.Balancing;

/// <summary>To the watcher: say once more who is registered.</summary>
public sealed record GetWorkers
{
    public static GetWorkers Instance { get; } = new();
}
