using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AkkaLb.Processes.Harness;

namespace AkkaLb.Samples.Tests;

/// <summary>The web API, with the configured worker behind it and without.</summary>
public sealed class WebApiTests
{
    private const string Listening = "Now listening on: ";

    [Fact]
    public async Task The_API_is_healthy_describes_itself_and_answers_with_a_film_or_with_what_went_wrong()
    {
        await using var balancer = Sample.Balancer();
        var address = await balancer.AddressAsync();
        await using var worker = Sample.StartHost("ConfiguredWorker", "--Worker:Balancer", address, "--Camera:FramesMax", "1000000");
        await using var api = Start(address, "--Films:Deadline", "00:00:05");
        using var http = await HttpAsync(api);

        // Until the worker is there.
        await Waiting.UntilAsync(() => IsMadeAsync(http), NodeProcess.Bound, TimeSpan.FromMilliseconds(100), "a film", api.Describe);
        Assert.Equal("Healthy", await http.GetStringAsync("/health/live"));
        Assert.Equal("Healthy", await http.GetStringAsync("/health/ready"));

        using var document = JsonDocument.Parse(await http.GetStringAsync("/openapi/v1.json"));
        var responses = document.RootElement.GetProperty("paths").GetProperty("/films").GetProperty("post").GetProperty("responses");
        Assert.Equal(["200", "502", "503", "504"], responses.EnumerateObject().Select(response => response.Name));

        await FailsAsync(http, new Render("Too long for the camera", 1_000_001), HttpStatusCode.BadGateway, "WorkerFailed");
        await FailsAsync(http, new Render("Too long for the deadline", 1_000_000), HttpStatusCode.GatewayTimeout, "DeadlineExceeded");
        await Sample.TerminateAsync(api, worker, balancer);
    }

    [Fact]
    public async Task A_caller_who_hangs_up_cancels_the_job_at_the_worker()
    {
        await using var balancer = Sample.Balancer();
        var address = await balancer.AddressAsync();
        await using var worker = Sample.StartHost("ConfiguredWorker", "--Worker:Balancer", address);
        await using var api = Start(address);
        using var http = await HttpAsync(api);

        using var hangUp = new CancellationTokenSource();
        var film = http.PostAsJsonAsync("/films", new Render("Epic", 10_000), hangUp.Token);
        await worker.WaitForLogAsync("Epic begins");
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => film);
        await worker.WaitForLogAsync("Epic is cancelled");
        await Sample.TerminateAsync(api, worker, balancer);
    }

    [Fact]
    public async Task Without_a_worker_and_without_a_balancer_nothing_is_started_and_the_caller_may_try_again()
    {
        await using var balancer = Sample.Balancer();
        var address = await balancer.AddressAsync();
        await using var api = Start(address, "--Films:Deadline", "00:00:01");
        using var http = await HttpAsync(api);
        // The client is made by its first use.
        await Waiting.UntilAsync(
            async () => await StatusAsync(http, "/health/ready") == HttpStatusCode.OK, NodeProcess.Bound, TimeSpan.FromMilliseconds(100),
            "a client with a balancer", api.Describe);
        await FailsAsync(http, new Render("Intro", 1), HttpStatusCode.ServiceUnavailable, "NoWorker");

        await Sample.TerminateAsync(balancer);
        await FailsAsync(http, new Render("Intro", 1), HttpStatusCode.ServiceUnavailable, "NoBalancer");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(http, "/health/ready"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, "/health/live"));
        await Sample.TerminateAsync(api);
    }

    private static NodeProcess Start(string balancer, params IEnumerable<string> arguments) => Sample.StartHost(
        "WebApi", ["--ConnectionStrings:studio", balancer, "--urls", "http://127.0.0.1:0", .. arguments]);

    private static async Task<HttpClient> HttpAsync(NodeProcess api)
    {
        var line = (await api.WaitForLogAsync(Listening)).Text;
        return new HttpClient { BaseAddress = new Uri(line.Split(Listening)[1]), Timeout = NodeProcess.Bound };
    }

    private static async Task<bool> IsMadeAsync(HttpClient http)
    {
        using var answer = await http.PostAsJsonAsync("/films", new Render("Intro", 2));
        return answer.IsSuccessStatusCode && await answer.Content.ReadFromJsonAsync<Film>() == new Film("Intro", 2);
    }

    private static async Task FailsAsync(HttpClient http, Render render, HttpStatusCode status, string error)
    {
        using var answer = await http.PostAsJsonAsync("/films", render);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("application/problem+json", status), (answer.Content.Headers.ContentType?.MediaType, answer.StatusCode));
        Assert.Equal(((int)status, error), (problem.GetProperty("status").GetInt32(), problem.GetProperty("error").GetString()));
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path);
        return answer.StatusCode;
    }
}
