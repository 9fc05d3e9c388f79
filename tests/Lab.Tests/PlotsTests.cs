using AkkaLb.Bench.Lab.Plots;
using AkkaLb.Bench.Lab.Validation;
using AkkaLb.Core.Policies;

namespace AkkaLb.Lab.Tests;

public sealed class PlotsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Far too few jobs for numbers that mean anything.</summary>
    private readonly PlotPlan _plan = new(jobs: 50, seed: 1, [Policy.RoundRobin], workers: 5);

    [Fact]
    public void Each_policy_has_its_row_in_every_table_and_pictures_are_small_and_the_same_again()
    {
        var runs = PlotRuns.Of(_plan, default);
        var page = Markdown.Of(_plan, runs, [new Check("a queue", 2, 3)]);
        Assert.Equal(2 * _plan.Tables.Count, page.Split("| `round-robin` |").Length - 1);
        Assert.EndsWith("| a queue | 2.0000 | 3.0000 | +50.00 % |\n", page, StringComparison.Ordinal);

        var figure = _plan.Figures[0];
        var first = Drawn(figure, runs);
        Assert.Single(first);
        Assert.Equal(first, Drawn(figure, runs));
    }

    [Fact]
    public void There_are_at_most_eight_pictures() => Assert.InRange(_plan.Figures.Select(f => f.File).Distinct().Count(), 1, 4);

    [Fact]
    public void Every_source_can_be_read()
    {
        Assert.All(Source.All.Where(s => s.File is not null), source => Assert.NotNull(Source.TraceOf(source.File!)!.Duration));
    }

    private Dictionary<string, string> Drawn(Figure figure, PlotRuns runs)
    {
        Picture.Save(_folder.FullName, figure, _plan, runs);
        var files = _folder.GetFiles();
        Assert.All(files, file => Assert.InRange(file.Length, 1_000, 100_000));

        // SVG numbers its clips through the life of the process.
        return files.Where(file => file.Extension == ".png")
            .ToDictionary(file => file.Name, file => Convert.ToBase64String(File.ReadAllBytes(file.FullName)));
    }
}
