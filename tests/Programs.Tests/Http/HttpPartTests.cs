using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using AkkaLb.Programs.Http;
using AkkaLb.Programs.Logs;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaLb.Programs.Tests.Http;

/// <summary>HTTP of a program, in this process.</summary>
public sealed class HttpPartTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ProgramHost _program = new(new LogSettings(LogLevel.Error, LogFormat.Text), TextWriter.Null);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayStop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpClient _http = new() { Timeout = Patience };
    private Func<HealthCheckResult> _health = () => HealthCheckResult.Healthy("3 workers are registered");
    private Func<object> _state = () => new { MemberCount = 3 };
    private HttpPart _part = null!;
    private Task<int>? _run;

    [Theory]
    [InlineData("/readyz")]
    [InlineData("/ready")]
    [InlineData("/health")]
    public async Task It_is_ready_when_its_check_says_so_and_not_before(string path)
    {
        await StartAsync();

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "not ready: it is starting\n"), await GetAsync(path));
        Show();
        await UntilAsync(path, HttpStatusCode.OK, "ready: 3 workers are registered\n");
        _health = () => HealthCheckResult.Degraded("etcd is away");
        await UntilAsync(path, HttpStatusCode.OK, "degraded: etcd is away\n");
        _health = () => HealthCheckResult.Unhealthy("nobody\nis known");
        await UntilAsync(path, HttpStatusCode.ServiceUnavailable, "not ready: nobody is known\n");
        _health = () => throw new InvalidOperationException("a bug");
        await UntilAsync(path, HttpStatusCode.ServiceUnavailable, "not ready: a bug\n");
        _health = () => HealthCheckResult.Healthy("again");
        await UntilAsync(path, HttpStatusCode.OK, "ready: again\n");
    }

    [Fact]
    public async Task However_many_ask_the_state_is_read_once_at_a_time()
    {
        var (reading, most) = (0, 0);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await StartAsync();
        _part.Show(new NodeView(new Check(() => _health()), async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref reading));
            await release.Task;
            Interlocked.Decrement(ref reading);
            return new { Count = 1 };
        }));

        var all = Enumerable.Range(0, 50).Select(_ => GetAsync("/state")).ToList();
        await GetAsync("/healthz");
        release.SetResult();

        Assert.All(await Task.WhenAll(all), answer => Assert.Equal((HttpStatusCode.OK, "{\"count\":1}"), answer));
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Connections_that_ask_nothing_end_and_keep_no_probe_out()
    {
        await StartAsync();
        var silent = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 520; i++)
            {
                var client = new TcpClient();
                silent.Add(client);
                await client.ConnectAsync(IPAddress.Loopback, new Uri(_part.Url!).Port);
            }

            (HttpStatusCode Status, string Text)? answer = null;
            using var bound = new CancellationTokenSource(Patience);
            while (answer is null)
            {
                try
                {
                    answer = await GetAsync("/healthz");
                }
                catch (HttpRequestException)
                {
                    // As many as may be are there, for some seconds.
                    bound.Token.ThrowIfCancellationRequested();
                }
            }

            Assert.Equal((HttpStatusCode.OK, "alive\n"), answer);
        }
        finally
        {
            silent.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task It_lives_while_it_starts_and_while_it_stops_and_is_ready_at_neither_time()
    {
        await StartAsync();
        Assert.Equal((HttpStatusCode.OK, "alive\n"), await GetAsync("/healthz"));
        Show();

        _program.End(ExitCode.Ok);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "not ready: it is stopping\n"), await GetAsync("/readyz"));
        Assert.Equal((HttpStatusCode.OK, "alive\n"), await GetAsync("/alive"));
        _mayStop.SetResult();
        Assert.Equal(ExitCode.Ok, await _run!.WaitAsync(Patience));
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync("/healthz"));
    }

    [Fact]
    public async Task The_state_is_json_and_one_that_cannot_be_read_says_why()
    {
        await StartAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync("/state")).Status);
        Show();
        Assert.Equal(3, JsonDocument.Parse((await GetAsync("/state")).Text).RootElement.GetProperty("memberCount").GetInt32());

        _state = () => throw new TimeoutException("the balancer\ndoes not answer");
        await UntilAsync("/state", HttpStatusCode.ServiceUnavailable, "the state cannot be read: the balancer does not answer\n");
        _state = () => new { MemberCount = 4 };
        await UntilAsync("/state", HttpStatusCode.OK, "{\"memberCount\":4}");
    }

    [Fact]
    public async Task Metrics_are_told_as_Prometheus_reads_them()
    {
        using var meter = new System.Diagnostics.Metrics.Meter("AkkaLb.Tried");
        await StartAsync();
        meter.CreateCounter<long>("akkalb.tries", "{try}").Add(7);

        var (status, text) = await GetAsync("/metrics");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Matches(@"(?m)^akkalb_tries_total\S* 7( \d+)?$", text);
        Assert.Contains("dotnet_process_memory_working_set", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/nothing")]
    public async Task Whoever_asks_for_no_path_or_a_wrong_one_is_told_which_there_are(string path)
    {
        await StartAsync();
        var (status, text) = await GetAsync(path);
        Assert.Equal(path == "/" ? HttpStatusCode.OK : HttpStatusCode.NotFound, status);
        Assert.Contains("/readyz", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/state")]
    [InlineData("DELETE", "/")]
    [InlineData("PUT", "/metrics")]
    public async Task Nothing_but_reading_is_allowed(string method, string path)
    {
        await StartAsync();
        using var answer = await _http.SendAsync(new HttpRequestMessage(new HttpMethod(method), Url(path)));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task Head_is_get_without_the_content_and_no_answer_is_kept_by_anybody()
    {
        await StartAsync();
        Show();
        foreach (var path in new[] { "/state", "/healthz", "/readyz" })
        {
            using var answer = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, Url(path)));
            Assert.Equal((HttpStatusCode.OK, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
            Assert.True(answer.Headers.CacheControl!.NoStore);
        }
    }

    [Fact]
    public async Task Behind_a_proxy_it_answers_with_the_path_base_and_without()
    {
        await StartAsync("/akkalb");
        Assert.EndsWith("/akkalb/", _part.Url, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, "alive\n"), await GetAsync("healthz"));
        Assert.Equal("alive\n", await _http.GetStringAsync(new Uri(new Uri(_part.Url!), "/healthz")));
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("127.0.0.1:8080", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("balancers.example.net", true)]
    [InlineData("example.net", false)]
    [InlineData("127.0.0.1.attacker.example", false)]
    public async Task On_loopback_only_the_names_of_this_machine_and_those_that_are_allowed_are_answered(string host, bool isAnswered)
    {
        await StartAsync(allowedHosts: ["*.example.net"]);
        Show();
        foreach (var path in new[] { "/healthz", "/state", "/metrics" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Url(path)) { Headers = { Host = host } };
            using var answer = await _http.SendAsync(request);
            Assert.Equal(isAnswered ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Equal(!isAnswered, (await answer.Content.ReadAsStringAsync()).StartsWith(
                "this program does not go by the name in the header Host: akkalb.http.allowed-hosts says", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_is_no_http_and_what_is_slow_harms_nobody_else()
    {
        await StartAsync();
        using var slow = new TcpClient();
        await slow.ConnectAsync(IPAddress.Loopback, new Uri(_part.Url!).Port);
        await slow.GetStream().WriteAsync("GET /healthz HTT"u8.ToArray());
        using var garbage = new TcpClient();
        await garbage.ConnectAsync(IPAddress.Loopback, new Uri(_part.Url!).Port);
        await garbage.GetStream().WriteAsync(Enumerable.Repeat((byte)0xff, 10_000).ToArray());

        Assert.Equal((HttpStatusCode.OK, "alive\n"), await GetAsync("/healthz"));
    }

    [Fact]
    public async Task A_port_that_is_in_use_ends_the_program_with_one_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        _program.Add(new HttpPart(_program, "tried", new HttpSettings("127.0.0.1", port)));

        var end = await Assert.ThrowsAsync<ProgramException>(() => _program.RunAsync().WaitAsync(Patience));

        Assert.Equal(
            (ExitCode.Unreachable, $"port {port} on 127.0.0.1 is in use: stop what listens there, or choose another --http (0: any free one)"),
            (end.ExitCode, end.Message));
    }

    [Fact]
    public async Task An_address_of_another_machine_ends_the_program_with_one_sentence()
    {
        _program.Add(new HttpPart(_program, "tried", new HttpSettings("192.0.2.1", 0)));

        var end = await Assert.ThrowsAsync<ProgramException>(() => _program.RunAsync().WaitAsync(Patience));

        Assert.Equal("192.0.2.1 is not an address of this machine: choose another akkalb.http.host", end.Message);
    }

    public async ValueTask DisposeAsync()
    {
        _mayStop.TrySetResult();
        _program.End(ExitCode.Ok);
        if (_run is not null)
        {
            await _run.WaitAsync(Patience);
        }

        _http.Dispose();
    }

    /// <summary>The other part, which is slow to stop.</summary>
    private async Task StartAsync(string pathBase = "", params string[] allowedHosts)
    {
        _part = _program.Add(new HttpPart(_program, "tried", new HttpSettings("127.0.0.1", 0, pathBase, AllowedHosts: allowedHosts)));
        _program.Add(_ =>
        {
            _started.SetResult();
            return Task.FromResult<IAsyncDisposable>(new Slow(_mayStop.Task));
        });
        _run = _program.RunAsync();
        await _started.Task.WaitAsync(Patience);
    }

    private void Show() => _part.Show(new NodeView(new Check(() => _health()), _ => Task.FromResult(_state())));

    private async Task UntilAsync(string path, HttpStatusCode status, string text)
    {
        using var bound = new CancellationTokenSource(Patience);
        for (var answer = await GetAsync(path); answer != (status, text); answer = await GetAsync(path))
        {
            Assert.False(bound.IsCancellationRequested, $"{path} never said {status} {text}, but {answer}");
        }
    }

    private Uri Url(string path) => new(new Uri(_part.Url!), path);

    private async Task<(HttpStatusCode Status, string Text)> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(Url(path));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private sealed class Check(Func<HealthCheckResult> health) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(health());
    }

    private sealed class Slow(Task end) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await end;
    }
}
