using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Programs.Http;
using AkkaLb.Registry;
using AkkaLb.Watching;
using Microsoft.AspNetCore.Http;

namespace AkkaLb.Balancer.Page;

/// <summary>Orders for workers by HTTP: <c>POST /workers/NAME/drain</c>, <c>maint</c>, <c>ready</c>, or <c>weight?percent=50</c>; of a service
/// <c>/workers/SERVICE/NAME/...</c>.</summary>
/// <param name="registry">Null: it keeps none.</param>
/// <param name="report">Reads what the balancer knows; bounds its own time.</param>
internal sealed class WorkerOrders(IOverrideRegistry? registry, Func<CancellationToken, Task<BalancerReport>> report)
{
    private const string Forms =
        "POST /workers/NAME/drain, maint, ready or weight?percent=1 to 100; of a service /workers/SERVICE/NAME/...; with ?by=WHO and ?because=WHY\n";

    /// <param name="from">The address of whoever asks.</param>
    public async Task AnswerAsync(HttpContext context, string from)
    {
        if (!TryRead(context.Request, out var worker, out var state, out var weight, out var problem))
        {
            await HttpPart.WriteAsync(context, StatusCodes.Status400BadRequest, $"{problem}; there are\n{Forms}").ConfigureAwait(false);
            return;
        }

        if (registry is null)
        {
            await HttpPart.WriteAsync(context, StatusCodes.Status409Conflict, "the embedded registry keeps no orders for workers: they need etcd\n")
                .ConfigureAwait(false);
            return;
        }

        try
        {
            if (state is null or AdminState.Drain && await IsUnknownAsync(worker, context.RequestAborted).ConfigureAwait(false))
            {
                await HttpPart.WriteAsync(
                    context, StatusCodes.Status404NotFound, $"no worker {worker} is registered; nothing is changed\n").ConfigureAwait(false);
                return;
            }

            var (by, because) = (context.Request.Query["by"].ToString(), context.Request.Query["because"].ToString());
            var wanted = await registry.OrderAsync(
                worker, state, weight, OneLine.Of($"{(by.Length == 0 ? "http" : by)}@{from}", WorkerOverride.ByLengthMax),
                OneLine.Of(because, WorkerRecord.ReasonLengthMax), TimeProvider.System.GetUtcNow(), context.RequestAborted).ConfigureAwait(false);
            await HttpPart.WriteAsync(
                context, StatusCodes.Status200OK, $"{worker} is {(wanted.IsNone ? "ready" : wanted.Describe())}\n").ConfigureAwait(false);
        }
        catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException)
        {
            await HttpPart.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, $"{OneLine.Of(e.Message)}\n").ConfigureAwait(false);
        }
    }

    /// <summary>Nobody is drained who does not exist: whoever has mistyped a name would believe that the worker is out. Maintenance, and the end of
    /// any order, may be for one that is away.</summary>
    /// <remarks>A balancer that does not answer, stands by, or has read nothing yet cannot tell. The order is given then.</remarks>
    private async Task<bool> IsUnknownAsync(string worker, CancellationToken cancellationToken)
    {
        try
        {
            var known = await report(cancellationToken).ConfigureAwait(false);
            return !known.StandsBy && known.Watcher.Revision > 0 && known.Members.All(m => m.Worker.Id != worker);
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }

    private static bool TryRead(
        HttpRequest request, out string worker, out AdminState? state, out int? weight, [NotNullWhen(false)] out string? problem)
    {
        (worker, state, weight, problem) = ("", null, null, null);
        var parts = request.Path.Value!.Split('/');
        if (parts is not ["", "workers", .. var name, var verb] || !WorkerIds.IsWorker(worker = string.Join('/', name)))
        {
            problem = "there is no such path, or the name is no worker's";
            return false;
        }

        switch (verb)
        {
            case "drain":
                state = AdminState.Drain;
                break;
            case "maint":
                state = AdminState.Maintenance;
                break;
            case "ready":
                state = AdminState.Ready;
                break;
            case "weight" when int.TryParse(request.Query["percent"], NumberStyles.None, CultureInfo.InvariantCulture, out var percent)
                && percent is >= WorkerOverride.WeightMin and <= WorkerOverride.WeightUsual:
                weight = percent;
                break;
            default:
                problem = verb == "weight" ? "percent must be a whole number from 1 to 100" : "there is no such order";
                return false;
        }

        return true;
    }
}
