using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Programs;

namespace AkkaLb.ClientNode.Commands;

/// <summary>The verb <c>why</c>: why a job went where it went, in a sentence and in numbers.</summary>
internal static class WhyCommand
{
    /// <param name="job">Null: the latest decisions of anybody, and what waits.</param>
    /// <param name="count">Decisions of each balancer at most.</param>
    /// <returns>Exit code: <see cref="ExitCode.JobsFailed"/> when nobody knows of it, or a balancer did not answer.</returns>
    public static async Task<int> RunAsync(ClientSession session, JobId? job, int count, bool isJson)
    {
        var question = new GetDecisions(job?.Client ?? 0, job?.Sequence ?? 0, count);
        try
        {
            var addresses = await BalancerReports.AddressesAsync(session).ConfigureAwait(false);
            var answers = await Task.WhenAll(addresses.Select(a => AskAsync(session, a, question))).ConfigureAwait(false);
            var told = answers.Where(a => a.Told is not null).Select(a => a.Told!).ToList();
            if (isJson)
            {
                JsonOutput.Write(told.Select(t => ToJson(t)));
            }
            else
            {
                Print(told);
            }

            foreach (var (address, _) in answers.Where(a => a.Told is null))
            {
                await Console.Error.WriteLineAsync(BalancerReports.SilentText(address)).ConfigureAwait(false);
            }

            if (job is not null && told.TrueForAll(t => t.Made.Count + t.Waiting.Count == 0))
            {
                await Console.Error.WriteLineAsync(
                    $"no balancer knows of {job}: each remembers its last {(told.Count == 0 ? 0 : told.Max(t => t.Kept))} decisions")
                    .ConfigureAwait(false);
                return ExitCode.JobsFailed;
            }

            return told.Count == answers.Length ? ExitCode.Ok : ExitCode.JobsFailed;
        }
        catch (OperationCanceledException) when (session.Interrupted.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("interrupted: nothing is told").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }
    }

    private static void Print(List<Decisions> told)
    {
        foreach (var balancer in told)
        {
            foreach (var sentence in balancer.Made.Select(DecisionText.Of).Concat(balancer.Waiting.Select(DecisionText.Of)))
            {
                Console.Out.WriteLine(told.Count == 1 ? OneLine.Of(sentence) : $"{balancer.Balancer}: {OneLine.Of(sentence)}");
            }
        }
    }

    private static object ToJson(Decisions told) => new
    {
        told.Balancer,
        told.Kept,
        made = told.Made.Select(d => new
        {
            sentence = DecisionText.Of(d), ageMs = d.Age.TotalMilliseconds, d.Service, d.Policy,
            job = d.Job == 0 ? null : $"{new JobId(d.Client, d.Job)}",
            request = $"{new JobId(d.Client, d.Request)}", picked = ToJson(d.Picked), d.Rejection, others = d.Others.Select(ToJson), d.Eligible,
            d.Workers, d.LeftOut, d.PassedOver, d.IsHeldBack, d.IsAhead, waitedMs = d.Waited.TotalMilliseconds, d.Waiting, d.End,
            tookMs = d.End is null ? (double?)null : d.Took.TotalMilliseconds,
        }),
        waiting = told.Waiting.Select(w => new
        {
            sentence = DecisionText.Of(w), w.Service, job = w.Job == 0 ? null : $"{new JobId(w.Client, w.Job)}",
            request = $"{new JobId(w.Client, w.Request)}", w.Priority, sinceMs = w.Since.TotalMilliseconds, w.Ahead, w.Why,
        }),
    };

    private static object? ToJson(CandidateSight? sight) => sight is null ? null : new
    {
        worker = sight.WorkerId, sight.InFlight, sight.Places, sight.ResidentBytes, reportAgeMs = sight.ReportAge?.TotalMilliseconds,
    };

    private static async Task<(Address Address, Decisions? Told)> AskAsync(ClientSession session, Address address, GetDecisions question)
    {
        try
        {
            return (address, await session.Client.ExplainAsync(address, question, BalancerReports.AnswerWithin, session.Interrupted)
                .ConfigureAwait(false));
        }
        catch (AskTimeoutException)
        {
            return (address, null);
        }
    }
}
