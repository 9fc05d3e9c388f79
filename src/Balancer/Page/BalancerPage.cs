using System.Net.Mime;
using System.Text;
using AkkaLb.Messages;
using AkkaLb.Programs.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace AkkaLb.Balancer.Page;

/// <summary>The page of a balancer at <c>/</c>; what it shows, live, at <c>/live</c>; and why it has named whom, at <c>/why</c>.</summary>
/// <param name="why">Knows what was decided.</param>
/// <param name="orders">What may be changed.</param>
internal sealed class BalancerPage(LiveBoard board, EventJournal journal, PageTraits traits, WhyDesk why, WorkerOrders orders) : INodePage
{
    /// <summary>A reader that takes nothing for so long is left.</summary>
    private static readonly TimeSpan WriteMax = TimeSpan.FromSeconds(30);

    /// <summary>The page runs its own script and style, speaks to its own balancer, and nothing else.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";

    private static readonly Dictionary<string, Asset> Assets = new(StringComparer.Ordinal)
    {
        ["/"] = Asset.Read("index.html", MediaTypeNames.Text.Html),
        ["/page.css"] = Asset.Read("page.css", MediaTypeNames.Text.Css),
        ["/page.js"] = Asset.Read("page.js", MediaTypeNames.Text.JavaScript),
        ["/icon.svg"] = Asset.Read("icon.svg", MediaTypeNames.Image.Svg),
    };

    /// <inheritdoc/>
    public string Paths => "/why      the latest decisions as JSON; /why?id=ID those of a job or a request\n/         a page for people\n";

    /// <inheritdoc/>
    public async Task<bool> TryAnswerAsync(HttpContext context, CancellationToken ending)
    {
        switch (context.Request.Path.Value)
        {
            case "" or null:
                // The page's own paths are relative to a slash at the end. The last segment alone, as a proxy may put more before it.
                context.Response.Redirect($"{context.Request.PathBase.Value!.Split('/')[^1]}/");
                return true;
            case "/live":
                await TellLiveAsync(context, ending).ConfigureAwait(false);
                return true;
            case "/why":
                await why.AnswerAsync(context, ending).ConfigureAwait(false);
                return true;
            case { } path when Assets.TryGetValue(path, out var asset):
                await asset.WriteAsync(context).ConfigureAwait(false);
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public Task ChangeAsync(HttpContext context, string from) => orders.AnswerAsync(context, from);

    private async Task TellLiveAsync(HttpContext context, CancellationToken ending)
    {
        var query = LiveQuery.Read(context.Request.Query, out var problem);
        if (problem is not null)
        {
            await HttpPart.WriteAsync(context, StatusCodes.Status400BadRequest, problem).ConfigureAwait(false);
            return;
        }

        using var reader = board.TryJoin();
        if (reader is null)
        {
            context.Response.Headers.RetryAfter = "5";
            await HttpPart.WriteAsync(
                context, StatusCodes.Status503ServiceUnavailable,
                $"{LiveBoard.ReadersMax} people look at this balancer already, and no more may: close a page somewhere\n").ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        // It is bounded here, by time: whoever looks through a slow line sees fewer frames.
        context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ending);
        try
        {
            var frames = new LiveFrames(query, journal, board.HistorySince, traits);
            while (true)
            {
                var frame = frames.Next(await reader.NextAsync(gone.Token).ConfigureAwait(false));
                using var late = CancellationTokenSource.CreateLinkedTokenSource(gone.Token);
                late.CancelAfter(WriteMax);
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {frame}\n\n"), late.Token).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(late.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The reader has gone or does not read, or the program stops.
            context.Abort();
        }
    }

    private sealed record Asset(byte[] Content, string Type)
    {
        public static Asset Read(string name, string type)
        {
            using var stream = typeof(BalancerPage).Assembly.GetManifestResourceStream($"page/{name}")!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return new Asset(content, $"{type}; charset=utf-8");
        }

        public async Task WriteAsync(HttpContext context)
        {
            var headers = context.Response.Headers;
            (headers.ContentSecurityPolicy, headers["Referrer-Policy"]) = (ContentPolicy, "no-referrer");
            (context.Response.ContentType, context.Response.ContentLength) = (Type, Content.Length);
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await context.Response.Body.WriteAsync(Content, context.RequestAborted).ConfigureAwait(false);
            }
        }
    }
}
