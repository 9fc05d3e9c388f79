namespace AkkaLb.Worker.Tests;

public sealed class ProcessMemoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void This_process_has_memory_and_a_limit()
    {
        var use = ProcessMemory.Read();
        Assert.InRange(use.GcHeapBytes, 1, use.ResidentBytes);
        Assert.InRange(use.ResidentBytes, 10L << 20, use.LimitBytes);
    }

    [Fact]
    public void The_least_limit_on_the_way_up_counts()
    {
        Write("proc/self/cgroup", "0::/slice/app\n");
        Write("sys/fs/cgroup/slice/app/memory.max", "max\n");
        Write("sys/fs/cgroup/slice/memory.max", "1000\n");
        Write("sys/fs/cgroup/memory.max", "2000\n");
        Assert.Equal(1000, ProcessMemory.CgroupLimit(_root));
    }

    [Fact]
    public void A_path_of_the_hosts_is_passed_over_in_a_container()
    {
        Write("proc/self/cgroup", "4:cpu,memory:/docker/abc\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "3000\n");
        Assert.Equal(3000, ProcessMemory.CgroupLimit(_root));
    }

    [Fact]
    public void Unlimited_is_no_limit()
    {
        Write("proc/self/cgroup", "4:memory:/\n0::/\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory.max", "max\n");
        Assert.Null(ProcessMemory.CgroupLimit(_root));
    }

    [Fact]
    public void Without_cgroups_there_is_no_limit() => Assert.Null(ProcessMemory.CgroupLimit(_root));

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
