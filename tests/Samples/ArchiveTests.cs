using System.IO.Hashing;
using AkkaLb.Processes.Harness;

namespace AkkaLb.Samples.Tests;

/// <summary>The archive: replies larger than a frame, and than the memory of both sides.</summary>
public sealed class ArchiveTests : IDisposable
{
    /// <summary>40 MiB, as the runtime wants it: in hexadecimal.</summary>
    private const string HeapLimit = "DOTNET_GCHeapHardLimit=2800000";

    private const int Mebibytes = 100;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("akkalb-archive-");

    [Fact]
    public async Task A_file_of_100_MiB_goes_through_processes_with_a_heap_of_40_MiB_each()
    {
        var file = Path.Combine(_folder.FullName, "large");
        var hash = Write(file);
        var copy = Path.Combine(_folder.FullName, "copy");
        await using var balancer = Sample.Balancer();
        var address = await balancer.AddressAsync();
        await using var worker = Sample.StartWith(HeapLimit, "Archive", "serve", address, _folder.FullName);
        string[] toFile = ["-c", "out=$1; shift; exec \"$@\" > \"$out\"", "sh", copy];
        await using var client = NodeProcess.Start(
            "sh", [.. toFile, .. Sample.CommandWith(HeapLimit, "Archive", "get", address, "large")]);
        var ending = await client.EndedAsync(TimeSpan.FromMinutes(2));
        Assert.True(ending.ExitCode == 0, ending.ToString());
        Assert.Equal((Mebibytes << 20, hash), (new FileInfo(copy).Length, HashOf(copy)));
        await Sample.TerminateAsync(worker, balancer);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("../beside")]
    public async Task A_file_that_is_not_in_the_folder_is_not_sent(string file)
    {
        var shelf = _folder.CreateSubdirectory("shelf").FullName;
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "beside"), "nobody's business");
        await using var balancer = Sample.Balancer();
        var address = await balancer.AddressAsync();
        await using var worker = Sample.Start("Archive", "serve", address, shelf);
        await using var client = Sample.Start("Archive", "get", address, file);
        var ending = await client.EndedAsync();
        Assert.True(ending is { ExitCode: 1, Output: [], Error: [_] }, $"{ending}");
        Assert.Contains(Path.GetFileName(file), ending.Error[0], StringComparison.Ordinal);
        await Sample.TerminateAsync(worker, balancer);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static ulong Write(string file)
    {
        var (random, hash, piece) = (new Random(1), new XxHash3(), new byte[1 << 20]);
        using var stream = File.Create(file);
        for (var i = 0; i < Mebibytes; i++)
        {
            random.NextBytes(piece);
            hash.Append(piece);
            stream.Write(piece);
        }

        return hash.GetCurrentHashAsUInt64();
    }

    private static ulong HashOf(string file)
    {
        var hash = new XxHash3();
        using var stream = File.OpenRead(file);
        hash.Append(stream);
        return hash.GetCurrentHashAsUInt64();
    }
}
