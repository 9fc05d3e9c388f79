using System.Diagnostics;
using System.Net;
using System.Net.Mime;
using System.Net.Sockets;
using System.Text.Json;
using AkkaLb.Core;
using AkkaLb.Endpoints;
using AkkaLb.Programs.Logs;
using AkkaLb.Programs.Settings;
using AkkaLb.Programs.Telemetry;
using AkkaLb.Remoting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;

namespace AkkaLb.Programs.Http;

/// <summary>A program's answers to HTTP: whether it lives, whether it is ready, its metrics and its state. GET and HEAD, which change nothing; and
/// POST for whoever knows the token, where there is one.</summary>
/// <remarks>It is the first part to start and the last one to stop: while the others start or stop, the program lives and is not ready.</remarks>
/// <param name="name">Of the program, such as <c>balancer</c>.</param>
/// <param name="settings">Null: it answers none.</param>
public sealed class HttpPart(ProgramHost program, string name, HttpSettings? settings) : IHostedService
{
    /// <summary>Marks a request whose host is allowed.</summary>
    private const string Passed = "akkalb.host-allowed";

    /// <summary>A probe, a scraper and some people. More are closed at once.</summary>
    private const int ConnectionsMax = 500;

    /// <summary>A connection that asks nothing ends after this time: those that do nothing must not keep a probe out.</summary>
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(5);

    /// <summary>Whoever reads an answer more slowly than this is left, bytes a second.</summary>
    private const double SlowestReader = 10_000;

    private static readonly TimeSpan HealthKept = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StateKept = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CheckMax = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StateMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(1);
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private static readonly string Paths = string.Join('\n',
        "/healthz  whether this process lives (also /alive)",
        "/readyz   whether it does what it is for (also /ready, /health)",
        "/metrics  for Prometheus",
        "/state    its state as JSON",
        "");

    private readonly AdminToken? _token = settings is { AdminTokenFile.Length: > 0 } ? new AdminToken(settings.AdminTokenFile) : null;
    private readonly RareLines _strangers = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 10);
    private volatile Shown? _shown;
    private WebApplication? _app;

    /// <summary>For the ready line: where it answers, with a blank before; empty: nowhere.</summary>
    public string Suffix => Url is { } url ? $" http={url}" : "";

    /// <summary>Null: it answers nowhere.</summary>
    public string? Url { get; private set; }

    /// <summary>Whether somebody who knows the token may change something.</summary>
    public bool TakesOrders => _token is not null;

    /// <summary>From now on the program is as ready as this says.</summary>
    public void Show(NodeView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var registration = new HealthCheckRegistration("node", view.Health, HealthStatus.Unhealthy, tags: null);
        _shown = new Shown(
            new SharedRead<HealthCheckResult>(
                ending => view.Health.CheckHealthAsync(new HealthCheckContext { Registration = registration }, ending),
                CheckMax, HealthKept),
            new SharedRead<byte[]>(
                async ending => JsonSerializer.SerializeToUtf8Bytes(await view.StateAsync(ending).ConfigureAwait(false), Json),
                StateMax, StateKept),
            view.Page);
    }

    /// <exception cref="ProgramException">The port is taken, or the address is not this machine's.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings is null)
        {
            return;
        }

        try
        {
            _app = Build(settings, await AddressOf(settings.Host, cancellationToken).ConfigureAwait(false));
            await _app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (ListenFailure.In(e) is not null || e is IOException)
        {
            // Kestrel says in words of its own that a port is in use.
            var cause = ListenFailure.In(e) ?? new SocketException((int)SocketError.AddressAlreadyInUse);
            throw new ProgramException(
                ExitCode.Unreachable,
                ListenProblem.Describe(cause, settings.Host, settings.Port, NodeKeys.HttpPort.Flag!, NodeKeys.HttpHost.Path), e);
        }

        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Url = $"{address}{settings.PathBase}/";
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is not null)
        {
            using var bound = new CancellationTokenSource(StopMax, TimeProvider.System);
            await _app.StopAsync(bound.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _app.DisposeAsync().ConfigureAwait(false);
        }
    }

    private WebApplication Build(HttpSettings where, IPAddress address)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });

        // Signals are the program's.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddHostFiltering(filter => (filter.AllowedHosts, filter.IncludeFailureMessage) = ([.. where.HostsOn(address)], false));
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddProgramMeters(name).AddPrometheusExporter());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.RequestHeadersTimeout = IdleMax;
            kestrel.Limits.KeepAliveTimeout = IdleMax;
            kestrel.Limits.MinResponseDataRate = new MinDataRate(SlowestReader, gracePeriod: IdleMax);
            kestrel.Listen(address, where.Port, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.Use(TellRefusedHost);
        app.UseHostFiltering();
        app.Use(Pass);
        app.UsePathBase(where.PathBase);
        app.Use(AllowReading);
        app.UseOpenTelemetryPrometheusScrapingEndpoint("/metrics");
        app.Run(AnswerAsync);
        return app;
    }

    /// <summary>The host filter refuses without a word; everything else that is refused says why.</summary>
    private static async Task TellRefusedHost(HttpContext context, RequestDelegate next)
    {
        await next(context).ConfigureAwait(false);
        if (!context.Items.ContainsKey(Passed) && !context.Response.HasStarted)
        {
            Guard(context);
            await WriteAsync(
                context, StatusCodes.Status400BadRequest,
                $"this program does not go by the name in the header Host: {NodeKeys.HttpAllowedHosts} says by which names it may be asked\n")
                .ConfigureAwait(false);
        }
    }

    /// <summary>Comes behind the host filter.</summary>
    private static Task Pass(HttpContext context, RequestDelegate next)
    {
        context.Items[Passed] = true;
        return next(context);
    }

    private static void Guard(HttpContext context)
    {
        var headers = context.Response.Headers;
        (headers.CacheControl, headers.XContentTypeOptions) = ("no-store", "nosniff");
    }

    private Task AllowReading(HttpContext context, RequestDelegate next)
    {
        Guard(context);
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        {
            return next(context);
        }

        if (_token is not null && HttpMethods.IsPost(context.Request.Method))
        {
            return ChangeAsync(context, _token);
        }

        context.Response.Headers.Allow = "GET, HEAD";
        return WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "only GET and HEAD: nothing can be changed here\n");
    }

    private Task ChangeAsync(HttpContext context, AdminToken token)
    {
        var from = context.Connection.RemoteIpAddress?.ToString() ?? "?";
        if (!token.IsIn(context.Request.Headers.Authorization))
        {
            lock (_strangers)
            {
                var line = token.Problem is { } problem
                    ? $"nobody can change anything by HTTP, because the token cannot be read: {OneLine.Of(problem)}"
                    : $"somebody at {from} wanted to change something by HTTP and does not know the token";
                if (_strangers.Say(from, line, Stopwatch.GetElapsedTime(0)) is { } said)
                {
                    program.Note(LogLevel.Warning, said, null);
                }
            }

            context.Response.Headers.WWWAuthenticate = "Bearer";
            return WriteAsync(context, StatusCodes.Status401Unauthorized, "the header Authorization: Bearer TOKEN is missing, or wrong\n");
        }

        return _shown switch
        {
            null => WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "it is starting\n"),
            { Page: { } page } => page.ChangeAsync(context, from),
            _ => WriteAsync(context, StatusCodes.Status404NotFound, "nothing can be changed here: ask a balancer\n"),
        };
    }

    private Task AnswerAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/healthz" or "/alive" or "/livez" => WriteAsync(context, StatusCodes.Status200OK, "alive\n"),
        "/readyz" or "/ready" or "/health" => TellReadyAsync(context),
        "/state" => TellStateAsync(context),
        _ => AnswerElseAsync(context),
    };

    private async Task AnswerElseAsync(HttpContext context)
    {
        if (_shown?.Page is { } page && await page.TryAnswerAsync(context, program.Ending).ConfigureAwait(false))
        {
            return;
        }

        await (context.Request.Path.Value is "" or "/"
            ? WriteAsync(context, StatusCodes.Status200OK, Paths)
            : WriteAsync(
                context, StatusCodes.Status404NotFound, $"there is no such path; there are\n{Paths}{_shown?.Page?.Paths}")).ConfigureAwait(false);
    }

    private async Task TellReadyAsync(HttpContext context)
    {
        var health = await CheckAsync(context.RequestAborted).ConfigureAwait(false);
        var word = health.Status switch
        {
            HealthStatus.Healthy => "ready",
            HealthStatus.Degraded => "degraded",
            HealthStatus.Unhealthy => "not ready",
        };
        await WriteAsync(
            context, health.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK,
            $"{word}: {OneLine.Of(health.Description ?? "")}\n").ConfigureAwait(false);
    }

    private async Task<HealthCheckResult> CheckAsync(CancellationToken aborted)
    {
        if (program.Ending.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("it is stopping");
        }

        if (_shown is not { Health: var health })
        {
            return HealthCheckResult.Unhealthy("it is starting");
        }

        try
        {
            return await health.ReadAsync().WaitAsync(aborted).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it was, it is not ready.
        catch (Exception e) when (!aborted.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return HealthCheckResult.Unhealthy(e is TimeoutException ? "it does not answer" : e.Message);
        }
    }

    private async Task TellStateAsync(HttpContext context)
    {
        if (_shown is not { } shown)
        {
            await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "it is starting\n").ConfigureAwait(false);
            return;
        }

        byte[] state;
        try
        {
            state = await shown.State.ReadAsync().WaitAsync(context.RequestAborted).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it was, whoever asked is told.
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, $"the state cannot be read: {OneLine.Of(e.Message)}\n")
                .ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = MediaTypeNames.Application.Json;
        context.Response.ContentLength = state.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(state, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Answers with a text.</summary>
    public static async Task WriteAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <exception cref="SocketException">There is no such address.</exception>
    private static async Task<IPAddress> AddressOf(string host, CancellationToken cancellationToken)
    {
        // Kestrel takes a name that it does not know for every address of the machine.
        if (IPAddress.TryParse(host, out var address))
        {
            return address;
        }

        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        return addresses.OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First();
    }

    private sealed record Shown(SharedRead<HealthCheckResult> Health, SharedRead<byte[]> State, INodePage? Page);

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
