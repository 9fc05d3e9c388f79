using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Samples.Archive;
using AkkaLb.Samples.ConfiguredWorker;
using AkkaLb.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AkkaLb.Samples.Tests;

/// <summary>What an actor of the samples cannot do is the failure of that job, and no crash of the actor.</summary>
public sealed class BadRequestTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("akkalb-archive-");

    [Fact]
    public async Task The_renderer_refuses_what_the_camera_has_not_film_for()
    {
        var camera = new Camera(Options.Create(new CameraSettings { FramesMax = 1 }));
        await using var lb = await TestLoadBalancer.StartAsync(Contract.Messages);
        await lb.AddWorkerAsync(Props.Create(() => new Renderer(camera, NullLogger<Renderer>.Instance)));
        var failed = await Assert.ThrowsAsync<JobFailedException>(() => lb.Client.AskAsync<Film>(new Render("Epic", 2)));
        Assert.True(failed.Outcome.Failure == JobFailureReason.Failure, failed.Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("none")]
    [InlineData("folder")]
    [InlineData("folder/")]
    [InlineData("a\0b")]
    public async Task The_archivist_refuses_what_is_no_file(string? file)
    {
        _folder.CreateSubdirectory("folder");
        var shelf = new Shelf(_folder.FullName);
        await using var lb = await TestLoadBalancer.StartAsync(Contract.Messages);
        await lb.AddWorkerAsync(Props.Create(() => new Archivist(shelf)));
        var failed = await Assert.ThrowsAsync<JobFailedException>(async () =>
        {
            await foreach (var _ in lb.Client.StreamAsync<byte[]>(new Fetch(file!)))
            {
            }
        });
        Assert.True(failed.Outcome.Failure == JobFailureReason.Failure, failed.Message);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
