using System.Net;
using AkkaLb.Programs.Http;
using AkkaLb.Programs.Logs;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaLb.Programs.Tests.Http;

/// <summary>Who may change something by HTTP.</summary>
public sealed class AdminTokenTests : IAsyncLifetime
{
    private const string Token = "a-token-of-32-characters-or-more!";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _file = Path.GetTempFileName();
    private readonly StringWriter _log = new();
    private readonly HttpClient _http = new() { Timeout = Patience };
    private readonly List<string> _changes = [];
    private ProgramHost _program = null!;
    private HttpPart _part = null!;
    private Task<int>? _run;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_file, Token + "\n");
        _program = new ProgramHost(new LogSettings(LogLevel.Warning, LogFormat.Text), _log);
        _program.Log.Started();
    }

    public async Task DisposeAsync()
    {
        _program.End(ExitCode.Ok);
        if (_run is not null)
        {
            await _run.WaitAsync(Patience);
        }

        _http.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public async Task Who_knows_the_token_changes_something_and_who_does_not_is_refused_and_named_in_the_log()
    {
        await StartAsync(_file);
        Assert.Equal(HttpStatusCode.OK, await PostAsync($"Bearer {Token}"));
        Assert.Equal(["/workers/w7/drain from 127.0.0.1"], _changes);
        foreach (var wrong in new[] { null, "Bearer", "Bearer wrong", $"Basic {Token}", $"Bearer {Token}x", Token })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(wrong));
        }

        Assert.Single(_changes);
        _program.End(ExitCode.Ok);
        await _run!.WaitAsync(Patience);
        Assert.Contains(
            "somebody at 127.0.0.1 wanted to change something by HTTP and does not know the token", _log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_renewed_while_the_program_runs_and_a_file_that_is_gone_lets_nobody_in()
    {
        await StartAsync(_file);
        await File.WriteAllTextAsync(_file, "another-token-as-long-as-it-must-be");
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync($"Bearer {Token}"));
        Assert.Equal(HttpStatusCode.OK, await PostAsync("Bearer another-token-as-long-as-it-must-be"));
        File.Delete(_file);
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync("Bearer another-token-as-long-as-it-must-be"));
    }

    [Fact]
    public async Task Without_a_file_nothing_can_be_changed()
    {
        await StartAsync("");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, await PostAsync($"Bearer {Token}"));
        Assert.Empty(_changes);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("")]
    [InlineData("a token with blanks in it")]
    public void A_file_without_a_usable_token_is_named(string text)
    {
        File.WriteAllText(_file, text);
        Assert.Contains(_file, new AdminToken(_file).Problem, StringComparison.Ordinal);
        Assert.False(new AdminToken(_file).IsIn($"Bearer {text}"));
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains("/nowhere/token", new AdminToken("/nowhere/token").Problem, StringComparison.Ordinal);

    private async Task StartAsync(string file)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _part = _program.Add(new HttpPart(_program, "tried", new HttpSettings("127.0.0.1", 0, AdminTokenFile: file)));
        _program.Add(_ =>
        {
            started.SetResult();
            return Task.FromResult<IAsyncDisposable>(new Nothing());
        });
        _run = _program.RunAsync();
        await started.Task.WaitAsync(Patience);
        _part.Show(new NodeView(new Healthy(), _ => Task.FromResult<object>(""), new Changing(_changes)));
    }

    private async Task<HttpStatusCode> PostAsync(string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _part.Url + "workers/w7/drain");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var answer = await _http.SendAsync(request);
        return answer.StatusCode;
    }

    private sealed class Changing(List<string> changes) : INodePage
    {
        public string Paths => "";

        public Task<bool> TryAnswerAsync(HttpContext context, CancellationToken ending) => Task.FromResult(false);

        public Task ChangeAsync(HttpContext context, string from)
        {
            changes.Add($"{context.Request.Path} from {from}");
            return Task.CompletedTask;
        }
    }

    private sealed class Healthy : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(HealthCheckResult.Healthy());
    }

    private sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
