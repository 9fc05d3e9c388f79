using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Programs;

namespace AkkaLb.ClientNode.Commands;

/// <summary>The verb <c>assign</c>: asks for workers and prints who was named, a line each, without sending them anything.</summary>
internal static class AssignCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <param name="count">Assignments to ask for.</param>
    /// <param name="isAhead">One request for as many as fit instead of a request each.</param>
    /// <param name="service">Whose workers are wanted.</param>
    public static async Task<int> RunAsync(ClientSession session, int count, bool isAhead, string service)
    {
        var done = 0;
        while (done < count)
        {
            JobRun run;
            try
            {
                session.Interrupted.ThrowIfCancellationRequested();
                run = await session.Client.AssignAsync(
                    isAhead ? Math.Min(count - done, Assign.CountMax) : 1, Timeout, service, session.Interrupted).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (session.Interrupted.IsCancellationRequested)
            {
                await Console.Error.WriteLineAsync($"interrupted: {done} assigned, {count - done} not assigned").ConfigureAwait(false);
                return ExitCode.Interrupted;
            }

            if (run.Outcome is not JobOutcome.Picked picked)
            {
                var failed = (JobOutcome.Failed)run.Outcome;
                await Console.Error.WriteLineAsync(
                    $"not assigned: {failed.Rejection?.ToString() ?? failed.Error.ToString()}: {failed.Cause}").ConfigureAwait(false);
                return failed.Error == JobError.NoBalancer ? ExitCode.Unreachable : ExitCode.JobsFailed;
            }

            foreach (var target in picked.Workers)
            {
                Console.Out.WriteLine($"assigned {target.Worker.Id} {target.Gate}");
            }

            done += picked.Workers.Count;
        }

        return ExitCode.Ok;
    }
}
