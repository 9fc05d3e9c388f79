using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>Health, metrics and state of the real programs by HTTP.</summary>
public sealed partial class HttpTests(ITestOutputHelper output) : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };

    [Fact]
    public async Task Each_program_tells_health_metrics_and_state_and_a_balancer_stays_ready_while_etcd_is_away()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var cluster = await TestCluster.StartAsync(output, "round-robin", "--etcd", etcd.Endpoint, "--http", "0");
        var balancer = UrlIn(cluster.Balancer.Output.Texts.Single(l => l.StartsWith("ready balancer ", StringComparison.Ordinal)));
        var process = cluster.StartWorker("w1", "--etcd", etcd.Endpoint, "--http", "0");
        var worker = UrlIn((await process.WaitForLineAsync("ready worker w1 ")).Text);
        await UntilAsync(balancer, "readyz", HttpStatusCode.OK, "ready: 1 worker is registered\n");
        await UntilAsync(worker, "readyz", HttpStatusCode.OK, "ready: it is registered and takes jobs\n");

        var load = cluster.StartClient("load", "--for", "600", "--job", "sleep:5", "--http", "0");
        var client = UrlIn(
            (await load.Error.FirstAsync(l => l.StartsWith("this client answers", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound)).Text);
        await UntilAsync(client, "readyz", HttpStatusCode.OK, "ready: the client is linked to a balancer\n");
        Assert.True((await StateAsync(client)).TryGetProperty("inFlight", out _));
        await UntilAsync(worker, "state", HttpStatusCode.OK, HundredFinished());
        load.Signal(Signals.Interrupt);
        Assert.Equal(130, (await load.EndedAsync()).ExitCode);

        Assert.Equal("w1", (await StateAsync(balancer)).GetProperty("members")[0].GetProperty("id").GetString());
        var finished = (await StateAsync(worker)).GetProperty("jobs").GetProperty("finished").GetInt64();
        Assert.InRange(finished, 100, long.MaxValue);
        var metrics = await _http.GetStringAsync(new Uri(balancer, "metrics"));
        Assert.Equal(1, Sum(metrics, "akkalb_workers", "akkalb_worker_state=\"up\""));
        Assert.InRange(Sum(metrics, "akkalb_assignments_total"), finished, double.MaxValue);
        Assert.Matches(Connected(1), metrics);
        Assert.Equal(finished, Sum(await _http.GetStringAsync(new Uri(worker, "metrics")), "rpc_server_call_duration_seconds_count"));

        await etcd.StopGracefullyAsync();
        await UntilAsync(balancer, "readyz", HttpStatusCode.OK, "degraded: etcd has not been heard of for ");
        await UntilAsync(balancer, "metrics", HttpStatusCode.OK, Connected(0));
        await etcd.RestartAsync();
        await UntilAsync(balancer, "readyz", HttpStatusCode.OK, "ready: 1 worker is registered\n");
        await UntilAsync(balancer, "metrics", HttpStatusCode.OK, Connected(1));
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task A_balancer_of_a_cluster_tells_who_decides_and_one_that_starts_without_etcd_lives_and_is_not_ready()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var cluster = await TestCluster.StartAsync(
            output, "round-robin", "--etcd", etcd.Endpoint, "--mode", "singleton", "--http", "0");
        var balancer = UrlIn(cluster.Balancer.Output.Texts.Single(l => l.StartsWith("ready balancer ", StringComparison.Ordinal)));

        await UntilAsync(balancer, "readyz", HttpStatusCode.OK, "ready: 0 workers are registered\n");
        await UntilAsync(balancer, "metrics", HttpStatusCode.OK, DeciderIs1());

        await etcd.StopGracefullyAsync();
        var port = FreePorts.Take();
        var late = cluster.Add(NodeProcess.Balancer(
            "--policy", "round-robin", "--port", "0", "--etcd", etcd.Endpoint, "--http", $"{port}", "--wait", "60"));
        var url = new Uri($"http://127.0.0.1:{port}/");
        await UntilAsync(url, "healthz", HttpStatusCode.OK, "alive\n");
        await UntilAsync(url, "readyz", HttpStatusCode.ServiceUnavailable, "not ready: it is starting\n");
        late.Signal(Signals.Terminate);
        await late.EndedAsync();
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> StateAsync(Uri url) => JsonDocument.Parse(await _http.GetStringAsync(new Uri(url, "state"))).RootElement;

    private Task UntilAsync(Uri url, string path, HttpStatusCode status, string begins) =>
        UntilAsync(url, path, status, new Regex($"^{Regex.Escape(begins)}"));

    private async Task UntilAsync(Uri url, string path, HttpStatusCode status, Regex text)
    {
        using var bound = new CancellationTokenSource(NodeProcess.Bound);
        for (var seen = "nothing";;)
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri(url, path), bound.Token);
                seen = $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync(bound.Token)}";
                if (answer.StatusCode == status && text.IsMatch(seen[(seen.IndexOf(' ', StringComparison.Ordinal) + 1)..]))
                {
                    return;
                }
            }
            catch (HttpRequestException e)
            {
                seen = e.Message;
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{url}{path} never said {status} {text}, but {seen}");
            }
        }
    }

    private static Regex Connected(int value) => new($@"(?m)^akkalb_registry_connected\S* {value}\b");

    private static Uri UrlIn(string line) => new(line[line.IndexOf("http://", StringComparison.Ordinal)..]);

    /// <summary>Of the series of a metric whose labels hold a text.</summary>
    private static double Sum(string metrics, string name, string labels = "") => metrics.Split('\n')
        .Where(l => (l.StartsWith($"{name}{{", StringComparison.Ordinal) || l.StartsWith($"{name} ", StringComparison.Ordinal))
            && l.Contains(labels, StringComparison.Ordinal))
        .Select(l => SeriesValue().Match(l)).Sum(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^[^{ ]+(?:\{.*\})? (\S+)")]
    private static partial Regex SeriesValue();

    [GeneratedRegex("\"finished\":[1-9][0-9]{2}")]
    private static partial Regex HundredFinished();

    [GeneratedRegex(@"(?m)^akkalb_decider\S* 1\b")]
    private static partial Regex DeciderIs1();
}
