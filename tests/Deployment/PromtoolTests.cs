using AkkaLb.Processes.Harness;

namespace AkkaLb.Deployment.Tests;

/// <summary>Prometheus itself reads the alerts, and fires each on a planted trouble.</summary>
public sealed class PromtoolTests
{
    [ToolFact("promtool")]
    public async Task Prometheus_takes_the_alerts_and_the_configuration()
    {
        await RunAsync("check", "rules", Shipped.Path("prometheus/akkalb.rules.yml"));
        await RunAsync("check", "config", Shipped.Path("prometheus/prometheus.yml"));
    }

    [ToolFact("promtool")]
    public async Task Each_alert_fires_on_its_trouble_and_stops() =>
        await RunAsync("test", "rules", Shipped.Path("prometheus/akkalb.rules.test.yml"));

    private static async Task RunAsync(params string[] arguments)
    {
        await using var promtool = NodeProcess.Start(ToolFactAttribute.Find("promtool")!, arguments);
        var ending = await promtool.EndedAsync();
        Assert.True(ending.ExitCode == 0, ending.ToString());
    }
}
