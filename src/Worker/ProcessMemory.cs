using System.Globalization;

namespace AkkaLb.Worker;

/// <summary>What this process has in memory, and may have.</summary>
/// <param name="ResidentBytes">Physical memory that the operating system counts for the process.</param>
/// <param name="GcHeapBytes">The managed heap, with what is dead and not collected yet.</param>
/// <param name="LimitBytes">The least of its cgroups' limits, or the machine's memory where there is none.</param>
internal sealed record MemoryUse(long ResidentBytes, long GcHeapBytes, long LimitBytes);

/// <summary>Measures this process. Cheap enough for every heartbeat.</summary>
/// <remarks>
/// The runtime's <c>TotalAvailableMemoryBytes</c> is not the limit: in a container it is 75 % of it, and with a heap limit that. So
/// cgroups are read here, and the runtime is asked only where they set no limit.
/// </remarks>
internal static class ProcessMemory
{
    public static MemoryUse Read() => new(
        Environment.WorkingSet,
        GC.GetTotalMemory(forceFullCollection: false),
        CgroupLimit("/") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>The least memory limit from the process's cgroup up to the root, version 2 or 1; null: none, or no Linux.</summary>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> are: a folder of its own in tests.</param>
    internal static long? CgroupLimit(string root)
    {
        var own = Path.Combine(root, "proc/self/cgroup");
        if (!File.Exists(own))
        {
            return null;
        }

        long? least = null;
        foreach (var line in File.ReadLines(own))
        {
            // "0::/path" is version 2; "4:memory:/path" the memory controller of version 1.
            var parts = line.Split(':', 3);
            if (parts is ["0", "", var unified])
            {
                least = Least(least, LeastUpwards(Path.Combine(root, "sys/fs/cgroup"), unified, "memory.max"));
            }
            else if (parts is [_, var controllers, var path] && controllers.Split(',').Contains("memory"))
            {
                least = Least(least, LeastUpwards(Path.Combine(root, "sys/fs/cgroup/memory"), path, "memory.limit_in_bytes"));
            }
        }

        return least;
    }

    private static long? LeastUpwards(string mount, string path, string file)
    {
        // In a container the path may be the host's and not be there; the mount's own files then are the container's.
        long? least = null;
        for (var group = path.Trim('/'); ; group = Path.GetDirectoryName(group) ?? "")
        {
            least = Least(least, Limit(Path.Combine(mount, group, file)));
            if (group.Length == 0)
            {
                return least;
            }
        }
    }

    /// <summary>"max", and in version 1 a number near 2^63, say that there is no limit.</summary>
    private static long? Limit(string file) =>
        File.Exists(file)
        && long.TryParse(File.ReadAllText(file).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
        && bytes is > 0 and < 1L << 62
            ? bytes
            : null;

    private static long? Least(long? a, long? b) => a is null || b < a ? b ?? a : a;
}
