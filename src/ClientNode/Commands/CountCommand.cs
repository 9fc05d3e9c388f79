using System.Globalization;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Programs;

namespace AkkaLb.ClientNode.Commands;

/// <summary>The verb <c>count</c>: the word count of each file and the total, as <c>wc -w</c> prints them.</summary>
internal static class CountCommand
{
    public static async Task<int> RunAsync(
        ClientSession session, IReadOnlyList<string> paths, int chunkBytesMax, int concurrency, string service, JobPriority priority)
    {
        var files = paths.Select(p => new FileWords(p)).ToList();
        var tally = new JobTally();
        var firstFailures = new List<JobRun>();
        var run = new WordCountRun(session.Client, chunkBytesMax, TimeSpan.Zero, Ended, service, priority);
        var counting = run.RunAsync(files, concurrency, session.Interrupted);
        await using (RunProgress.Start(session.Client, tally, () => files.Sum(f => f.Begun), null, null, isQuiet: false))
        {
            try
            {
                await LoadCommand.AwaitAsync(session, counting).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ProgramException(ExitCode.Usage, e.Message, e);
            }
        }

        if (session.Interrupted.IsCancellationRequested)
        {
            var whole = files.Count(f => f.IsWhole);
            await Console.Error.WriteLineAsync(
                $"interrupted: {tally.Done} chunks counted, {tally.Failed} failed, {files.Sum(f => f.Begun) - tally.Done - tally.Failed} begun and "
                    + $"not done, the rest not begun; {whole} of {files.Count} files are whole").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }

        Print(files);
        foreach (var failed in firstFailures)
        {
            await Console.Error.WriteLineAsync(JobFailedException.Describe(failed.Id, (JobOutcome.Failed)failed.Outcome)).ConfigureAwait(false);
        }

        return tally.Failed == 0 ? ExitCode.Ok : ExitCode.JobsFailed;

        void Ended(JobRun job)
        {
            tally.Add(job);
            lock (firstFailures)
            {
                const int shownMax = 5;
                if (job.Outcome is JobOutcome.Failed && firstFailures.Count < shownMax)
                {
                    firstFailures.Add(job);
                }
            }
        }
    }

    /// <summary>As wc does: numbers right-aligned to the widest, and a total when there is more than one file.</summary>
    public static void Print(IReadOnlyList<FileWords> files)
    {
        var total = files.Sum(f => f.Words ?? 0);
        var width = files.Count == 1 ? 1 : total.ToString(CultureInfo.InvariantCulture).Length;
        foreach (var file in files)
        {
            var words = file.Words?.ToString(CultureInfo.InvariantCulture) ?? "?";
            Console.Out.WriteLine($"{words.PadLeft(width)} {file.Path}");
        }

        if (files.Count > 1)
        {
            Console.Out.WriteLine(
                $"{total.ToString(CultureInfo.InvariantCulture).PadLeft(width)} total{(files.Any(f => f.Words is null) ? " (incomplete)" : "")}");
        }
    }
}
