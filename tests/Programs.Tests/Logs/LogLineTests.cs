using System.Text.Json;
using AkkaLb.Programs.Logs;

namespace AkkaLb.Programs.Tests.Logs;

public sealed class LogLineTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 5, 4, 5, 678, TimeSpan.FromHours(2));

    [Fact]
    public void A_line_for_people_is_date_with_zone_level_and_sentence() => Assert.Equal(
        "2026-01-02T03:04:05.678Z info: the balancer is back",
        new LogLine(At, LogLevel.Info, "BalancerLinks", "the balancer is back", null).As(LogFormat.Text));

    [Fact]
    public void A_line_for_machines_is_one_JSON_object_with_the_source()
    {
        var line = new LogLine(At, LogLevel.Error, "WorkerGate", "a \"b\"\nc", new InvalidOperationException("x")).As(LogFormat.Json);

        Assert.DoesNotContain('\n', line);
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        Assert.Equal(
            ["2026-01-02T03:04:05.678Z", "error", "a \"b\" c", "WorkerGate"],
            new[] { "time", "level", "message", "source" }.Select(name => root.GetProperty(name).GetString()!));
        Assert.Contains("InvalidOperationException: x", root.GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_is_in_a_text_the_line_stays_one_and_bounded(bool isJson)
    {
        var text = string.Concat(Enumerable.Repeat("x\r\n\u001b[2J\u2028", 10_000));

        var line = new LogLine(At, LogLevel.Warning, "x", text, null).As(isJson ? LogFormat.Json : LogFormat.Text);

        Assert.DoesNotContain(line, c => c is '\n' or '\r' or '\u001b' or '\u2028');
        Assert.InRange(line.Length, 1, 20_000);
    }
}
