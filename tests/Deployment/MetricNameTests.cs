using System.Text.Json;
using System.Text.RegularExpressions;
using AkkaLb.Samples.Tests.Pages;

namespace AkkaLb.Deployment.Tests;

/// <summary>Alerts and dashboard ask for metrics that there are, and each alert has its part of the manual.</summary>
public sealed partial class MetricNameTests
{
    private static readonly string[] EverywhereLabels = ["job", "instance", "le", "otel_scope_name"];

    private static readonly List<Dictionary<object, object>> Alerts =
    [
        .. ((List<object>)Shipped.Yaml("prometheus/akkalb.rules.yml")["groups"]).Cast<Dictionary<object, object>>()
            .SelectMany(group => (List<object>)group["rules"]).Cast<Dictionary<object, object>>(),
    ];

    /// <summary>The instruments of docs/telemetry.md as <c>/metrics</c> names them, and the labels of each.</summary>
    private static readonly Dictionary<string, HashSet<string>> Metrics = Page.Read("docs/telemetry.md")
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .Where(cells => cells.Length == 7 && cells[1].StartsWith("`AkkaLb.", StringComparison.Ordinal))
        .SelectMany(cells => Names(cells[2].Trim('`'), cells[3]).Select(name => (Name: name, Labels: Attribute().Matches(cells[4]))))
        .GroupBy(m => m.Name)
        .ToDictionary(g => g.Key, g => g.SelectMany(m => m.Labels).Select(a => Underscored(a.Groups[1].Value)).Concat(EverywhereLabels).ToHashSet());

    [Fact]
    public void Every_alert_asks_for_metrics_and_labels_that_there_are()
    {
        Assert.NotEmpty(Alerts);
        Assert.All(Alerts, alert => AssertKnown((string)alert["expr"]));
    }

    [Fact]
    public void The_dashboard_asks_for_metrics_and_labels_that_there_are()
    {
        using var dashboard = JsonDocument.Parse(Shipped.Text("grafana/akkalb.json"));
        var asked = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!).ToList();
        Assert.NotEmpty(asked);
        Assert.All(asked, AssertKnown);
        var ids = dashboard.RootElement.GetProperty("panels").EnumerateArray().Select(panel => panel.GetProperty("id").GetInt32()).ToList();
        Assert.Equal(ids.Distinct(), ids);
    }

    [Theory]
    [InlineData("akkalb_assignments_total{akkalb_service=\"a\"}", true)]
    [InlineData("akkalb_assignments", false)]
    [InlineData("akkalb_report_age_seconds", true)]
    [InlineData("akkalb_assign_duration_bucket", false)]
    [InlineData("sum by (akkalb_servise) (akkalb_workers)", false)]
    [InlineData("akkalb_decider{akkalb_service=\"a\"}", false)]
    public void A_name_that_is_not_told_is_found(string expression, bool isKnown) => Assert.Equal(isKnown, Unknown(expression).Count == 0);

    [Fact]
    public void Every_alert_has_a_severity_and_a_section_of_the_manual_and_a_test_that_fires_it()
    {
        var tests = ((List<object>)Shipped.Yaml("prometheus/akkalb.rules.test.yml")["tests"]).Cast<Dictionary<object, object>>()
            .SelectMany(test => (List<object>)test["alert_rule_test"]).Cast<Dictionary<object, object>>().ToList();
        foreach (var alert in Alerts)
        {
            var name = (string)alert["alert"];
            Assert.Contains(((Dictionary<object, object>)alert["labels"])["severity"], new[] { "warning", "critical" });
            var runbook = (string)((Dictionary<object, object>)alert["annotations"])["runbook"];
            Assert.Null(new Link(1, runbook).Problem("README.md"));
            Assert.Equal($"docs/operations.md#{name.ToLowerInvariant()}", runbook);
            var counts = tests.Where(t => (string)t["alertname"] == name).Select(t => ((List<object>)t["exp_alerts"]).Count).ToList();
            Assert.Equal([0, 1, 0], counts);
        }
    }

    private static void AssertKnown(string expression)
    {
        var unknown = Unknown(expression);
        Assert.True(unknown.Count == 0, $"{expression}\nasks for what docs/telemetry.md does not have: {string.Join(", ", unknown)}");
    }

    private static List<string> Unknown(string expression)
    {
        var labels = Grouping().Matches(expression).SelectMany(m => m.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)).ToList();
        var plain = Text().Replace(Grouping().Replace(expression, " "), "\"\"");
        var unknown = new List<string>();
        var known = new HashSet<string>(EverywhereLabels);
        foreach (Match use in Use().Matches(plain))
        {
            var name = use.Groups["name"].Value;
            if (name == "up")
            {
                continue;
            }

            if (!Metrics.TryGetValue(name, out var of))
            {
                unknown.Add(name);
                continue;
            }

            known.UnionWith(of);
            unknown.AddRange(Label().Matches(use.Groups["labels"].Value).Select(m => m.Groups[1].Value).Where(label => !of.Contains(label)));
        }

        return [.. unknown, .. labels.Where(label => !known.Contains(label))];
    }

    private static IEnumerable<string> Names(string instrument, string kind)
    {
        var name = Underscored(instrument) + (kind.EndsWith("`s`", StringComparison.Ordinal) ? "_seconds" : "");
        return kind.Split(',')[0] switch
        {
            "histogram" => [$"{name}_bucket", $"{name}_count", $"{name}_sum"],
            "counter" => [$"{name}_total"],
            _ => [name],
        };
    }

    private static string Underscored(string name) => name.Replace('.', '_');

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Text();

    /// <summary>A metric with its labels; functions have a parenthesis instead.</summary>
    [GeneratedRegex(@"\b(?<name>up|(?:akkalb|rpc)_\w+)(?:\{(?<labels>[^}]*)\})?")]
    private static partial Regex Use();

    [GeneratedRegex(@"(\w+) *(?:=~|!~|!=|=)")]
    private static partial Regex Label();
}
