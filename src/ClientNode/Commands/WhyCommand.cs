using Akka.Actor;
using AkkaLb.Client;
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
                JsonOutput.Write(told.Select(t => t.ToJson()));
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
                var kept = told.Count == 0 ? 0 : told.Max(t => t.Kept);
                await Console.Error.WriteLineAsync(DecisionsJson.NobodyKnows(job.Value, kept)).ConfigureAwait(false);
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
