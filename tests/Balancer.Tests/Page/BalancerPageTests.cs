using System.Net;
using System.Text.Json;
using AkkaLb.Balancer.Page;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Programs;
using AkkaLb.Programs.Http;
using AkkaLb.Programs.Logs;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static AkkaLb.Balancer.Tests.Page.Reported;

namespace AkkaLb.Balancer.Tests.Page;

/// <summary>The paths of the page, by HTTP in this process.</summary>
public sealed class BalancerPageTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ProgramHost _program = new(new LogSettings(LogLevel.Error, LogFormat.Text), TextWriter.Null);
    private readonly HttpClient _http = new(new HttpClientHandler { AllowAutoRedirect = false }) { Timeout = Patience };
    private HttpPart _part = null!;
    private Func<GetDecisions, Decisions> _decided = _ => new Decisions("b-1", [], [], 8192);
    private Task<int> _run = null!;

    public async Task InitializeAsync()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _part = _program.Add(new HttpPart(_program, "balancer", new HttpSettings("127.0.0.1", 0, "/akkalb")));
        _program.Add(_ =>
        {
            started.SetResult();
            return Task.FromResult<IAsyncDisposable>(new Nothing());
        });
        _run = _program.RunAsync();
        await started.Task.WaitAsync(Patience);
    }

    public async Task DisposeAsync()
    {
        _program.End(ExitCode.Ok);
        await _run.WaitAsync(Patience);
        _http.Dispose();
    }

    [Theory]
    [InlineData("", "text/html")]
    [InlineData("page.js", "text/javascript")]
    [InlineData("page.css", "text/css")]
    [InlineData("icon.svg", "image/svg+xml")]
    public async Task Each_part_of_the_page_has_its_type_and_a_strict_policy(string path, string type)
    {
        Show();

        using var answer = await _http.GetAsync(Url(path));

        Assert.Equal((HttpStatusCode.OK, type), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.StartsWith("default-src 'none'; ", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task While_it_starts_there_is_no_page_and_the_other_paths_are_listed()
    {
        Assert.Contains("/readyz", await _http.GetStringAsync(Url("")), StringComparison.Ordinal);
        using var live = await _http.GetAsync(Url("live"));
        Assert.Equal(HttpStatusCode.NotFound, live.StatusCode);
    }

    [Fact]
    public async Task Without_the_slash_at_its_end_the_page_is_found_by_a_relative_address()
    {
        Show();

        using var answer = await _http.GetAsync(new Uri(_part.Url!.TrimEnd('/')));

        Assert.Equal((HttpStatusCode.Redirect, "akkalb/"), (answer.StatusCode, answer.Headers.Location!.OriginalString));
    }

    [Fact]
    public async Task A_view_that_cannot_be_is_refused_with_what_is_wrong()
    {
        Show();

        using var answer = await _http.GetAsync(Url("live?count=101"));

        Assert.Equal(
            (HttpStatusCode.BadRequest, "count: must be a whole number from 0 to 100\n"),
            (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Why_tells_the_decisions_of_one_job_in_a_sentence_and_in_numbers()
    {
        _decided = question => new Decisions("b-1", question == new GetDecisions(0x5fe1, 7, 20) ? [Made] : [], [], 8192);
        Show();

        using var told = JsonDocument.Parse(await _http.GetStringAsync(Url("why?id=5fe1-7")));

        var made = Assert.Single(told.RootElement.GetProperty("made").EnumerateArray());
        Assert.Equal(DecisionText.Of(Made), made.GetProperty("sentence").GetString());
        var picked = made.GetProperty("picked");
        Assert.Equal(("w7", 2.5), (picked.GetProperty("worker").GetString(), picked.GetProperty("inFlight").GetDouble()));
        Assert.Equal(("done", 20.0), (made.GetProperty("end").GetString(), made.GetProperty("tookMs").GetDouble()));
    }

    [Theory]
    [InlineData("5fe1-7", 8192, "b-1 does not know of 5fe1-7: it remembers its last 8192 decisions\n")]
    [InlineData("5fe1-7", 0, "b-1 does not know of 5fe1-7: it stands by, so ask the balancer that decides\n")]
    public async Task A_job_that_the_balancer_does_not_know_is_not_found(string id, int kept, string text)
    {
        _decided = _ => new Decisions("b-1", [], [], kept);
        Show();

        using var answer = await _http.GetAsync(Url($"why?id={id}"));

        Assert.Equal((HttpStatusCode.NotFound, text), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_question_about_decisions_that_cannot_be_is_refused_with_all_that_is_wrong()
    {
        Show();

        using var answer = await _http.GetAsync(Url("why?id=7&count=51"));

        Assert.Equal(
            (HttpStatusCode.BadRequest,
                "id: 7: is no job's id: hexadecimal digits, a hyphen and a number, such as 5fe1b2c3d4e5f607-17\n"
                + "count: must be a whole number from 1 to 50\n"),
            (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_balancer_that_does_not_tell_its_decisions_is_told()
    {
        _decided = _ => throw new TimeoutException("it does not\nanswer");
        Show();

        using var answer = await _http.GetAsync(Url("why"));

        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "the decisions cannot be read: it does not answer\n"),
            (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task One_reader_too_many_is_told_so_and_a_place_that_is_free_again_is_taken()
    {
        Show();
        var readers = new List<HttpResponseMessage>();
        for (var i = 0; i < LiveBoard.ReadersMax; i++)
        {
            readers.Add(await OpenAsync());
        }

        using var answer = await OpenAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.StartsWith("20 people look at this balancer already", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        readers[0].Dispose();
        using var bound = new CancellationTokenSource(Patience);
        for (var status = HttpStatusCode.ServiceUnavailable; status != HttpStatusCode.OK;)
        {
            Assert.False(bound.IsCancellationRequested, "the place of the reader that has gone was never free");
            readers[0] = await OpenAsync();
            status = readers[0].StatusCode;
        }

        readers.ForEach(reader => reader.Dispose());
    }

    [Fact]
    public async Task Those_who_look_end_with_the_program()
    {
        Show();
        using var reader = await OpenAsync();
        await using var stream = await reader.Content.ReadAsStreamAsync();
        Assert.NotEqual(0, await stream.ReadAsync(new byte[64]));

        _program.End(ExitCode.Ok);

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            using var bound = new CancellationTokenSource(Patience);
            while (await stream.ReadAsync(new byte[4096], bound.Token) > 0)
            {
            }
        });
        Assert.Equal(ExitCode.Ok, await _run.WaitAsync(Patience));
    }

    private static Decision Made { get; } = new(
        TimeSpan.FromSeconds(2), "default", "least-requests", 0x5fe1, 3, 7,
        new CandidateSight("w7", 2.5, 64, 110 << 20, TimeSpan.FromSeconds(0.4)), "", [new CandidateSight("w3", 4, 1)], 2, 2, 0, 0, false, false,
        TimeSpan.Zero, 0, PickEnd.Done, TimeSpan.FromMilliseconds(20));

    private void Show()
    {
        var board = new LiveBoard(_ => Task.FromResult(Report(NewWorker("a"))), TimeProvider.System, _program.Ending);
        var why = new WhyDesk(question => Task.FromResult(_decided(question)), TimeProvider.System);
        _part.Show(new NodeView(
            new Healthy(), _ => Task.FromResult<object>(new { }), 
            new BalancerPage(
                board, new EventJournal(default), new PageTraits(false, false), why, new WorkerOrders(null, _ => Task.FromResult(Report())))));
    }

    private Task<HttpResponseMessage> OpenAsync() => _http.GetAsync(Url("live"), HttpCompletionOption.ResponseHeadersRead);

    private Uri Url(string path) => new(new Uri(_part.Url!), path);

    private sealed class Healthy : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(HealthCheckResult.Healthy("of a test"));
    }

    private sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
