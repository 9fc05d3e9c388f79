using AkkaLb.Tests.Support;

namespace AkkaLb.Packages;

/// <summary>All that the solution packs, in a folder, under a version that nobody else has.</summary>
public sealed class Feed : IAsyncLifetime
{
    /// <summary>The collection of tests that share it.</summary>
    public const string Name = "one feed";

    /// <summary>For all that these tests make. It goes when they are done.</summary>
    public string Workshop { get; } = Directory.CreateTempSubdirectory("akkalb-packages-").FullName;

    public string Folder => Path.Combine(Workshop, "feed");

    public string Version { get; } = $"0.1.0-test.{Guid.NewGuid():N}";

    public Task InitializeAsync() => Dotnet.RunAsync(
        Repository.Root, "pack", "AkkaLb.sln", "--no-build", "-c", Repository.Configuration, "-o", Folder, $"-p:Version={Version}",
        $"-p:NuspecOutputPath={Path.Combine(Workshop, "nuspec")}/");

    public Task DisposeAsync()
    {
        Directory.Delete(Workshop, recursive: true);
        return Task.CompletedTask;
    }

    internal Package Package(string name) => new(Path.Combine(Folder, $"{name}.{Version}"));
}

[CollectionDefinition(Feed.Name)]
public sealed class TestsOnOneFeed : ICollectionFixture<Feed>;
