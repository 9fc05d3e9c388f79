using System.Globalization;

namespace AkkaLb.ClientNode.Commands;

/// <summary>Jobs as a file tells them: CSV with a header. The first column is a timestamp or seconds, not falling; the second, if there is one,
/// weighs the memory of a job and the third its duration, both at least 0. Further columns are not looked at.</summary>
/// <param name="Seconds">Since the first row.</param>
/// <param name="Memory">Null: the file has no second column.</param>
/// <param name="Duration">Null: it has no third.</param>
internal sealed record Trace(double[] Seconds, double[]? Memory, double[]? Duration)
{
    public const int RowsMax = 10_000_000;

    /// <summary>No weight, and no number of seconds, is larger: sums and products of them stay in range.</summary>
    private const double NumberMax = 1e15;

    /// <summary>When jobs are submitted, in seconds, at a mean rate: all gaps of the rows that are used by one factor. Where there are more jobs than
    /// rows the rows are repeated, and between two rounds lies their mean gap.</summary>
    /// <param name="jobs">Above zero.</param>
    /// <param name="rate">Jobs a second; null: as fast as the file says.</param>
    public double[] Arrivals(int jobs, double? rate)
    {
        var round = Seconds[^1] * Seconds.Length / (Seconds.Length - 1);
        var arrivals = new double[jobs];
        for (var i = 0; i < arrivals.Length; i++)
        {
            arrivals[i] = (i / Seconds.Length * round) + Seconds[i % Seconds.Length];
        }

        if (rate is null)
        {
            return arrivals;
        }

        // Rows that are all at one moment have no rate: then that of the whole file counts.
        var span = arrivals[^1] > 0 ? arrivals[^1] : round * jobs / Seconds.Length;
        var factor = (jobs - 1) / rate.Value / span;
        return Array.ConvertAll(arrivals, at => at * factor);
    }

    /// <summary>A column for so many jobs: its rows, repeated where there are more jobs.</summary>
    public static double[] Repeated(double[] column, int jobs)
    {
        var used = new double[jobs];
        for (var i = 0; i < used.Length; i++)
        {
            used[i] = column[i % column.Length];
        }

        return used;
    }

    /// <inheritdoc cref="Read"/>
    public static Trace Of(string path)
    {
        if (!File.Exists(path))
        {
            throw new FormatException(Directory.Exists(path) ? "it is a directory; name a CSV file in it" : "there is no such file");
        }

        using var reader = new StreamReader(path);
        return Read(reader);
    }

    /// <exception cref="FormatException">The message names the line and what is wrong with it.</exception>
    public static Trace Read(TextReader reader)
    {
        var columns = Header(reader.ReadLine());
        var (at, memory, duration) = (new List<decimal>(), new List<double>(), new List<double>());
        for (var number = 2; reader.ReadLine() is { } line; number++)
        {
            var fields = Fields(line, columns, number);
            at.Add(Time(fields[0]) ?? throw Wrong(number, $"\"{fields[0]}\" is neither a timestamp nor a number of seconds"));
            if (at.Count > 1 && at[^1] < at[^2])
            {
                throw Wrong(number, "it is earlier than the line before");
            }

            AddWeight(memory, fields, 1, number);
            AddWeight(duration, fields, 2, number);
            if (at.Count > RowsMax)
            {
                throw Wrong(number, $"more than {RowsMax} rows");
            }
        }

        return Checked(at, columns > 1 ? memory : null, columns > 2 ? duration : null);
    }

    private static Trace Checked(List<decimal> at, List<double>? memory, List<double>? duration)
    {
        if (at.Count < 2 || at[^1] <= at[0])
        {
            throw new FormatException("two rows at different times are needed at least");
        }

        if (duration?.TrueForAll(d => d == 0) == true)
        {
            throw new FormatException("every duration is 0");
        }

        return new Trace([.. at.Select(t => (double)(t - at[0]))], memory?.ToArray(), duration?.ToArray());
    }

    private static int Header(string? line)
    {
        var fields = (line ?? throw new FormatException("the file is empty")).Split(',');
        return Time(fields[0]) is null ? fields.Length : throw Wrong(1, "a header is expected, and this is a row");
    }

    private static string[] Fields(string line, int columns, int number)
    {
        var fields = line.Split(',');
        return fields.Length == columns ? fields : throw Wrong(number, $"{fields.Length} columns, and the header has {columns}");
    }

    private static void AddWeight(List<double> weights, string[] fields, int column, int number)
    {
        if (column < fields.Length)
        {
            weights.Add(Number(fields[column]) is >= 0 and <= NumberMax and { } weight
                ? weight
                : throw Wrong(number, $"\"{fields[column]}\" is no number from 0 to {NumberMax:0e0}"));
        }
    }

    /// <summary>Seconds since any fixed moment; null: it is no time. Decimal, because a double of today's date is good for 8 microseconds
    /// only.</summary>
    private static decimal? Time(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? Math.Abs(seconds) <= (decimal)NumberMax ? seconds : null
        : DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time.Ticks / (decimal)TimeSpan.TicksPerSecond
            : null;

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static FormatException Wrong(int line, string problem) => new($"line {line}: {problem}");
}
