using System.Reflection;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;

namespace AkkaLb.Packages;

/// <summary>The solution in <c>Outside</c>, built elsewhere and from packages only.</summary>
/// <remarks>Packages of others are read where this machine has them. Those of the feed are unpacked beside the solution, and go with it.</remarks>
public sealed class OutsideSolution(Feed feed) : IAsyncLifetime
{
    /// <summary>Where packages of others have been unpacked, as a list for MSBuild.</summary>
    private static readonly string PackageFolders =
        typeof(OutsideSolution).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == nameof(PackageFolders)).Value!;

    private string Folder => Path.Combine(feed.Workshop, "shop");

    /// <summary>Into which the packages of the feed are unpacked.</summary>
    public string Unpacked => Path.Combine(feed.Workshop, "packages");

    public async Task InitializeAsync()
    {
        var from = Path.Combine(Repository.Root, "tests", "Packages", "Outside");
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(from, path)))
        {
            if (file.Split(Path.DirectorySeparatorChar) is not [_, "bin" or "obj", ..])
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Folder, file))!);
                File.Copy(Path.Combine(from, file), Path.Combine(Folder, file));
            }
        }

        await Dotnet.RunAsync(
            Folder, "build", "Shop.slnx", "-c", Repository.Configuration, "-warnaserror", $"-p:AkkaLbVersion={feed.Version}",
            $"-p:RestorePackagesPath={Unpacked}", $"-p:RestoreFallbackFolders={MSBuildList(PackageFolders)}");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Runs its tests.</summary>
    public Task TestAsync() => Dotnet.RunAsync(Folder, "test", "Tests", "-c", Repository.Configuration, "--no-build");

    private static string MSBuildList(string list) => list.Replace(";", "%3B", StringComparison.Ordinal);

    /// <summary>Starts one of its programs.</summary>
    public NodeProcess Start(string name, params IEnumerable<string> arguments) => NodeProcess.Start(
        "dotnet", ["exec", Path.Combine(Folder, name, "bin", Repository.Configuration, "net10.0", $"Shop.{name}.dll"), .. arguments]);
}
