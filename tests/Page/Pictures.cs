using AkkaLb.Core;
using AkkaLb.Core.Machines;
using AkkaLb.Tests.Support;
using Microsoft.Playwright;
using static AkkaLb.Page.Tests.Stage;
using static Microsoft.Playwright.Assertions;

namespace AkkaLb.Page.Tests;

/// <summary>The pictures of docs/page.md: made again when AKKALB_REFRESH_DOCS is 1.</summary>
[Collection(nameof(Chromium))]
public sealed class Pictures(Chromium chromium)
{
    private const int BytesMax = 250_000;

    [ChromiumFact]
    [Trait("holds", "docs")]
    public async Task Pictures_of_the_page_are_there_and_small()
    {
        foreach (var (colors, name) in new[] { (ColorScheme.Light, "page-light.png"), (ColorScheme.Dark, "page-dark.png") })
        {
            var path = Path.Combine(Repository.Root, "docs", "images", name);
            if (Environment.GetEnvironmentVariable("AKKALB_REFRESH_DOCS") == "1")
            {
                await TakeAsync(colors, path);
            }

            Assert.InRange(new FileInfo(path).Length, 1, BytesMax);
        }
    }

    /// <summary>A balancer with something of everything.</summary>
    internal static void Arrange(Stage stage)
    {
        SayWorkers(stage, assigned: 0);
        stage.SayOf("pdf", "least-load", "no worker is registered");
        stage.Tell(NoteLevel.Info, "worker fra-03 is up at 10.0.0.7:4055 (incarnation 3925513679072161557)");
        stage.Tell(NoteLevel.Warning, "the registry cannot be reached; the last known workers stay: Connection refused");
        stage.Tell(NoteLevel.Info, "the registry is reached again");
        stage.Tell(NoteLevel.Warning, "worker ams-01 gets no jobs for 30 s: 62 % of its jobs failed, and 1 % of those of the others");
        stage.Tell(NoteLevel.Info, "worker fra-04 is draining");
        stage.Decided = _ => new Decisions(
            "b-1",
            [
                Named(12, 117, "fra-01", 3.2, "ams-03", 6, null), Named(11, 118, "ams-04", 4, "fra-01", 3.9, PickEnd.Done),
            ],
            [
                new HeldRequest("pdf", 0x5b8a81f8f5fb5744, 4, 361, JobPriority.Normal, TimeSpan.FromSeconds(1.1), 0, "every worker is full"),
            ],
            8192);
    }

    private static Decision Named(long request, long job, string picked, double inFlight, string other, double others, PickEnd? end) => new(
        TimeSpan.FromSeconds(3.3), WorkerService.Default, "first-free", 0x5b8a81f8f5fb5744, request, job,
        new CandidateSight(picked, inFlight, 8, 90L << 20, TimeSpan.FromMilliseconds(520)), "", [new CandidateSight(other, others, 8, 90L << 20)],
        4, 8, 0, 0, false, false, TimeSpan.Zero, 0, end, TimeSpan.FromMilliseconds(702));

    private static void SayWorkers(Stage stage, int assigned) => stage.Say("first-free",
    [
        NewWorker("fra-01", inFlight: 3.2, assignments: 12_031 + assigned, zone: "fra"),
        NewWorker("fra-02", WorkerCondition.Full, inFlight: 8, assignments: 12_118, zone: "fra"),
        NewWorker("fra-03", WorkerCondition.SlowStart, "it has joined lately: it gets 40 % of its share", 1, 87, "fra"),
        NewWorker("fra-04", WorkerCondition.Draining, inFlight: 3, assignments: 11_870, zone: "fra"),
        NewWorker("ams-01", WorkerCondition.Ejected, "its jobs failed: it gets none for 12 s", 0, 9_204, "ams"),
        NewWorker("ams-02", WorkerCondition.Unable, "no disk space is left", 0, 11_407, "ams"),
        NewWorker("ams-03", inFlight: 6, assignments: 11_111, zone: "ams"),
        NewWorker("ams-04", inFlight: 4, assignments: 11_148, zone: "ams"),
    ]);

    private async Task TakeAsync(ColorScheme colors, string path)
    {
        await using var stage = await OfScriptAsync();
        Arrange(stage);
        var page = await chromium.NewPageAsync(colors);
        await page.SetViewportSizeAsync(1400, 960);
        await page.GotoAsync(stage.Url);
        await Expect(page.Locator("#events li").First).ToBeVisibleAsync();
        await Expect(page.Locator("#made li").First).ToBeVisibleAsync();

        // Nobody waits fifteen minutes for a picture.
        await page.EvaluateAsync(
            """
            () => {
              state.history = Array.from({ length: 180 }, (_, i) => [
                state.at - (180 - i) * 5000, 300 + 90 * Math.sin(i / 17) + 15 * Math.sin(i), Math.max(0, Math.round(12 * Math.sin(i / 23))),
                24 + 9 * Math.sin(i / 15), i < 60 ? 6 : i < 70 ? 4 : 5,
              ]);
            }
            """);
        SayWorkers(stage, assigned: 310);
        await Expect(page.Locator("#charts strong").First).Not.ToHaveTextAsync("0");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = path });
    }
}
