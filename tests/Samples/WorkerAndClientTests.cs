using System.Globalization;
using System.Text.RegularExpressions;

namespace AkkaLb.Samples.Tests;

/// <summary>The configured worker, and the client on a console.</summary>
public sealed partial class WorkerAndClientTests
{
    [Fact]
    public async Task The_console_client_has_its_film_made_by_the_configured_worker_and_sees_how_far_it_is()
    {
        await using var balancer = Sample.Balancer();
        var address = await balancer.AddressAsync();
        await using var worker = Sample.StartHost("ConfiguredWorker", "--Worker:Balancer", address);

        await using var client = Sample.Start("ConsoleClient", address, "Intro");
        var ending = await client.EndedAsync();
        Assert.True(ending is { ExitCode: 0, Error.Count: 0 }, ending.ToString());
        Assert.Contains("Intro: 20 frames", ending.Output);
        var frames = ending.Output.Select(line => FramesRendered().Match(line)).Where(m => m.Success)
            .Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.NotEmpty(frames);
        Assert.Equal(frames.Order(), frames);

        await Sample.TerminateAsync(worker, balancer);
    }

    [Fact]
    public async Task The_configured_worker_finishes_the_job_that_it_has_begun_when_it_is_told_to_end()
    {
        await using var balancer = Sample.Balancer();
        var address = await balancer.AddressAsync();
        await using var worker = Sample.StartHost("ConfiguredWorker", "--Worker:Balancer", address);
        await using var client = Sample.Start("ConsoleClient", address, "Intro");
        await worker.WaitForLogAsync("Intro begins");
        await Sample.TerminateAsync(worker);
        var ending = await client.EndedAsync();
        Assert.True(ending.ExitCode == 0, ending.ToString());
        Assert.Contains("Intro: 20 frames", ending.Output);
        await Sample.TerminateAsync(balancer);
    }

    [Theory]
    [InlineData("Camera:FramesMax")]
    [InlineData("Worker:Places")]
    public async Task The_configured_worker_says_which_of_its_settings_is_unfit(string setting)
    {
        await using var worker = Sample.StartHost("ConfiguredWorker", $"--{setting}", "0");
        var ending = await worker.EndedAsync();
        Assert.True(ending.ExitCode != 0, ending.ToString());
        Assert.Contains($"{setting} must be 1 or more", ending.ToString(), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^Rendered \{ Frames = (\d+) \}$")]
    private static partial Regex FramesRendered();
}
