using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AkkaLb.Programs.Logs;
using AkkaLb.Tests.Support;

namespace AkkaLb.Programs.Tests.Logs;

/// <summary>Numbers of lines that need a person, and the page that lists them.</summary>
public sealed partial class LogEventsTests
{
    [Fact]
    public void Every_warning_and_error_of_the_index_has_a_number_and_a_name_of_its_own()
    {
        var rows = Rows();
        Assert.DoesNotContain(rows, row => row.Number.Length == 0);
        var events = rows.Select(row => (row.Number, row.Name, row.Sentence)).Distinct().ToList();
        Assert.Equal(events.Count, events.Select(e => e.Number).Distinct().Count());
        Assert.Equal(events.Count, events.Select(e => e.Name).Distinct().Count());
    }

    [Fact]
    public void A_line_has_the_number_of_its_sentence_whatever_its_words_and_whatever_is_put_behind_it()
    {
        foreach (var (number, name, sentence) in Rows())
        {
            var text = Hole().Replace(sentence, "some: words");
            Assert.Equal((number, name, sentence), (NumberOf(text), LogEvents.All.Of(text)!.Name, sentence));
            Assert.Equal((number, sentence), (NumberOf($"{text} (such lines left out since the last one: 3)"), sentence));
        }

        Assert.Null(LogEvents.All.Of("nobody has written such a line"));
    }

    [Fact]
    public void In_JSON_a_warning_has_number_and_name_and_what_has_none_lacks_both_fields()
    {
        using var warning = JsonDocument.Parse(Line(LogLevel.Warning, "worker w1 takes no jobs: why").As(LogFormat.Json));
        Assert.Equal(
            (1003, "WorkerUnable"), (warning.RootElement.GetProperty("eventId").GetInt32(), warning.RootElement.GetProperty("event").GetString()));
        foreach (var line in new[] { Line(LogLevel.Info, "worker w1 takes no jobs: why"), Line(LogLevel.Warning, "something else") })
        {
            using var other = JsonDocument.Parse(line.As(LogFormat.Json));
            Assert.False(other.RootElement.TryGetProperty("eventId", out _) || other.RootElement.TryGetProperty("event", out _));
        }
    }

    private static LogLine Line(LogLevel level, string text) => new(DateTimeOffset.UnixEpoch, level, "x", text, null);

    private static string? NumberOf(string text) => LogEvents.All.Of(text)?.Number.ToString(CultureInfo.InvariantCulture);

    private static List<(string Number, string Name, string Sentence)> Rows()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "log-lines.md"));
        var rows = Row().Matches(page).Select(m => (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value)).ToList();
        Assert.NotEmpty(rows);
        return rows;
    }

    [GeneratedRegex(@"^\| (?:warn|error)(?:, (\d{4}) ([A-Z]\w+))?[^|]* \| `([^`]*)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Hole();
}
