using System.Globalization;
using System.Text.RegularExpressions;

namespace AkkaLb.Programs.Logs;

/// <summary>Numbers and names of the lines that need a person, for whoever reads the log by program. Immutable, thread-safe.</summary>
/// <remarks>Their home is docs/log-lines.md, which each program carries. A line is known by its sentence, so whoever writes it, a library or Akka,
/// knows nothing of numbers.</remarks>
internal sealed partial class LogEvents
{
    private const string Resource = "log-lines.md";

    private static readonly Lazy<LogEvents> OfProgram = new(Load);

    private readonly List<Row> _rows;

    /// <param name="page">Rows such as <c>| warn, 1001 WorkerGone | `worker {id} is gone` |</c>.</param>
    public LogEvents(string page)
    {
        _rows =
        [
            .. RowPattern().Matches(page).Select(m => new Row(
                new LogEventId(int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture), m.Groups[2].Value), Hole().Split(m.Groups[3].Value)))
                .OrderByDescending(row => row.Words.Sum(words => words.Length)),
        ];
    }

    public static LogEvents All => OfProgram.Value;

    /// <returns>That of the sentence which says most of the text's words; null: it is none of them.</returns>
    public LogEventId? Of(string text) => _rows.Find(row => IsIn(row.Words, text))?.Id;

    /// <summary>The first words begin the text. Behind the last ones anything may stand, such as how many lines were left out.</summary>
    private static bool IsIn(string[] words, string text)
    {
        var at = words[0].Length;
        if (!text.StartsWith(words[0], StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var next in words.Skip(1))
        {
            var found = text.IndexOf(next, at, StringComparison.Ordinal);
            if (found < 0)
            {
                return false;
            }

            at = found + next.Length;
        }

        return true;
    }

    private static LogEvents Load()
    {
        using var stream = typeof(LogEvents).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        return new LogEvents(reader.ReadToEnd());
    }

    [GeneratedRegex(@"^\| (?:warn|error), (\d+) (\w+)[^|]* \| `([^`]*)` \|", RegexOptions.Multiline)]
    private static partial Regex RowPattern();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Hole();

    /// <param name="Words">What stands between the holes of the sentence; a hole may be empty.</param>
    private sealed record Row(LogEventId Id, string[] Words);
}

/// <summary>What kind of line it is; both stay from version to version.</summary>
internal sealed record LogEventId(int Number, string Name);
