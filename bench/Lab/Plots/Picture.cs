using System.Globalization;
using AkkaLb.Bench.Lab.Deciding;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace AkkaLb.Bench.Lab.Plots;

/// <summary>Draws a figure: limits in grey and broken, policies in colours and with marks.</summary>
internal static class Picture
{
    private const int Width = 900;
    private const int Height = 520;

    /// <summary>What is above leaves the picture.</summary>
    private const double Top = 100;

    private static readonly double[] Rungs = [0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 50, 100];

    /// <summary>Writes it as PNG and as SVG.</summary>
    public static void Save(string folder, Figure figure, PlotPlan plan, PlotRuns runs)
    {
        using var plot = new Plot();
        plot.Title(figure.Title);
        plot.XLabel(figure.Axis);
        plot.YLabel("p99 in mean service times");
        for (var place = 0; place < plan.Names.Count; place++)
        {
            Add(plot, figure, runs, plan.Names[place], place);
        }

        Axes(plot, figure, runs);
        plot.ShowLegend(Edge.Right);
        plot.SavePng(Path.Combine(folder, figure.File + ".png"), Width, Height);
        plot.SaveSvg(Path.Combine(folder, figure.File + ".svg"), Width, Height);
    }

    private static void Add(Plot plot, Figure figure, PlotRuns runs, string name, int place)
    {
        var xs = figure.Points.Select(p => Across(figure, p.X)).ToArray();
        var ys = figure.Points.Select(p => Math.Log10(runs[p.Setting, name].P99)).ToArray();
        var line = plot.Add.Scatter(xs, ys);
        line.LegendText = name;
        if (place < Limits.Names.Count)
        {
            line.Color = Colors.Black.WithAlpha(0.8 - (0.2 * place));
            line.LinePattern = ((LinePattern[])[LinePattern.Dashed, LinePattern.DenselyDashed, LinePattern.Dotted])[place % 3];
            (line.LineWidth, line.MarkerSize) = (2, 0);
            return;
        }

        // The palette has each colour dark and then light, and grey in the eighth place: first all the dark ones, without the grey.
        var policy = place - Limits.Names.Count;
        var hue = policy % 9 < 7 ? policy % 9 : (policy % 9) + 1;
        line.Color = new ScottPlot.Palettes.Category20().GetColor((2 * hue) + (policy / 9 % 2));
        line.MarkerShape = (MarkerShape)(1 + (policy % 8));
        (line.LineWidth, line.MarkerSize) = (1.5f, 7);
    }

    private static void Axes(Plot plot, Figure figure, PlotRuns runs)
    {
        var (low, high) = (figure.Points.Min(p => Across(figure, p.X)), figure.Points.Max(p => Across(figure, p.X)));
        var bottom = figure.Points.Min(p => runs.Best(p.Setting, r => r.P99).Value) * 0.8;
        var margin = (high - low) * 0.03;
        plot.Axes.SetLimits(low - margin, high + margin, Math.Log10(bottom), Math.Log10(Top));
        plot.Axes.Left.TickGenerator = Ticks(Rungs.Where(r => r >= bottom), Math.Log10);
        plot.Axes.Bottom.TickGenerator = Ticks(figure.Points.Select(p => p.X), x => Across(figure, x));
    }

    private static double Across(Figure figure, double x) => figure.IsLogarithmic ? Math.Log10(x) : x;

    private static NumericManual Ticks(IEnumerable<double> values, Func<double, double> at)
    {
        var all = values.ToArray();
        return new NumericManual([.. all.Select(at)], [.. all.Select(value => value.ToString(CultureInfo.InvariantCulture))]);
    }
}
