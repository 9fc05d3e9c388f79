using System.Globalization;

namespace AkkaLb.Bench.Lab.Work;

/// <summary>How fast workers are, and how many of them are so: <c>0.5:0.3,1:0.5,2:0.2</c> says that 30 % have half the speed, and so on;
/// <c>0.5,1,2</c> that each speed has a third of the workers.</summary>
/// <param name="Text">As it was given.</param>
/// <param name="Parts">Speeds, 0.001 to 1,000 each, and their shares, which need not add up to 1: only their ratio counts.</param>
internal sealed record SpeedList(string Text, IReadOnlyList<(double Speed, double Share)> Parts)
{
    private const double Min = 0.001;
    private const double Max = 1000;
    private const int PartsMax = 100;

    /// <exception cref="FormatException">The text says why it is none.</exception>
    public static SpeedList Parse(string text)
    {
        var parts = text.Split(',').Select(Part).ToList();
        return parts.Count <= PartsMax ? new SpeedList(text, parts) : throw new FormatException($"more than {PartsMax} speeds");
    }

    /// <summary>A speed for each of so many workers, the shares as well kept as whole numbers can: what is left over goes to the largest
    /// remainders.</summary>
    public double[] For(int workers)
    {
        var whole = Parts.Sum(p => p.Share);
        var exact = Parts.Select(p => workers * p.Share / whole).ToList();
        var counts = exact.Select(e => (int)Math.Floor(e)).ToList();
        foreach (var i in Enumerable.Range(0, Parts.Count).OrderByDescending(i => exact[i] - counts[i]).Take(workers - counts.Sum()).ToList())
        {
            counts[i]++;
        }

        return [.. Parts.SelectMany((part, i) => Enumerable.Repeat(part.Speed, counts[i]))];
    }

    private static (double Speed, double Share) Part(string text)
    {
        var fields = text.Split(':');
        return fields.Length <= 2 && TryNumber(fields[0], out var speed) && TryNumber(fields.Length == 2 ? fields[1] : "1", out var share)
            ? (speed, share)
            : throw new FormatException($"\"{text}\" is no SPEED or SPEED:SHARE, numbers from {Min} to {Max}");
    }

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && number is >= Min and <= Max;
}
