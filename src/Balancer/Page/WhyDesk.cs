using System.Net.Mime;
using System.Text.Json;
using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Programs.Http;
using Microsoft.AspNetCore.Http;

namespace AkkaLb.Balancer.Page;

/// <summary>Asks a balancer why it has named whom, for all who want to know: one question at a time, and with pauses, so that it is asked for a
/// tenth of the time. Thread-safe.</summary>
/// <remarks>Nobody wants to know, nothing is asked. A question is asked to its end, also when whoever asked has gone: else who goes and comes again
/// could ask without a pause.</remarks>
/// <param name="ask">Asks the balancer; bounds its own time.</param>
internal sealed class WhyDesk(Func<GetDecisions, Task<Decisions>> ask, TimeProvider time)
{
    /// <summary>So many wait for their turn or their answer. Further ones are told so.</summary>
    public const int AskersMax = 20;

    /// <summary>Whoever asks the same so soon gets the same answer.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(1);

    /// <summary>The part of the time for which a balancer is asked.</summary>
    private const double BusyShare = 0.1;

    /// <summary>A pause takes so long at most: one that takes longer than a ninth of it to answer is asked for a larger part of the time.</summary>
    private static readonly TimeSpan RestMax = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly long _start = time.GetTimestamp();
    private int _askers;
    private GetDecisions? _question;
    private Decisions? _answer;
    private TimeSpan _answeredAt;
    private TimeSpan _restUntil;

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>One for the balancer at an address.</summary>
    /// <param name="answerMax">How long an answer may take.</param>
    public static WhyDesk Of(ActorSystem system, Address address, TimeSpan answerMax) => new(
        question => BalancerReport.AskAsync<Decisions>(system, address, BalancerActors.Balancer, question, answerMax, CancellationToken.None),
        TimeProvider.System);

    /// <returns>Null: too many ask already.</returns>
    public async Task<Decisions?> AskAsync(GetDecisions question, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _askers) > AskersMax)
            {
                return null;
            }

            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            var answer = HaveTurnAsync(question);
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _askers);
        }
    }

    /// <summary>Answers <c>GET /why</c>.</summary>
    /// <param name="context">May name an id and a count: <see cref="WhyQuery"/>.</param>
    /// <param name="ending">Signalled when the program stops.</param>
    public async Task AnswerAsync(HttpContext context, CancellationToken ending)
    {
        var query = WhyQuery.Read(context.Request.Query, out var problem);
        if (problem is not null)
        {
            await HttpPart.WriteAsync(context, StatusCodes.Status400BadRequest, problem).ConfigureAwait(false);
            return;
        }

        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ending);
        try
        {
            var told = await AskAsync(query.Question, gone.Token).ConfigureAwait(false);
            await (told is null
                ? RefuseAsync(context, $"{AskersMax} questions about decisions wait already, and no more may: ask again")
                : query.Id is { } id && told.Made.Count + told.Waiting.Count == 0
                ? HttpPart.WriteAsync(context, StatusCodes.Status404NotFound, $"{DecisionsJson.DoesNotKnow(id, told)}\n")
                : TellAsync(context, told)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            context.Abort();
        }
#pragma warning disable CA1031 // Whatever it was, whoever asked is told.
        catch (Exception e) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            await RefuseAsync(context, $"the decisions cannot be read: {OneLine.Of(e.Message)}").ConfigureAwait(false);
        }
    }

    private async Task<Decisions> HaveTurnAsync(GetDecisions question)
    {
        try
        {
            var isKept = question == _question && Now - _answeredAt < Kept;
            return isKept ? _answer! : await AskNowAsync(question).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<Decisions> AskNowAsync(GetDecisions question)
    {
        var pause = _restUntil - Now;
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, time).ConfigureAwait(false);
        }

        var begun = Now;
        try
        {
            var answer = await ask(question).ConfigureAwait(false);
            (_question, _answer, _answeredAt) = (question, answer, Now);
            return answer;
        }
        finally
        {
            var rest = (Now - begun) * ((1 / BusyShare) - 1);
            _restUntil = Now + (rest < RestMax ? rest : RestMax);
        }
    }

    private static Task RefuseAsync(HttpContext context, string why)
    {
        context.Response.Headers.RetryAfter = "1";
        return HttpPart.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, $"{why}\n");
    }

    private static async Task TellAsync(HttpContext context, Decisions told)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(told.ToJson(), DecisionsJson.Options);
        (context.Response.ContentType, context.Response.ContentLength) = (MediaTypeNames.Application.Json, json.Length);
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(json, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
