using AkkaLb.BuiltInJobs.Words;

namespace AkkaLb.Demo;

/// <summary>How the files are cut up, and what a plain recount says of them.</summary>
/// <param name="Chunks">Jobs to come.</param>
/// <param name="ChunkBytesMax">Largest piece of a file that is one job.</param>
/// <param name="Pace">How long a worker takes for a piece at least, so that a person can watch, and a worker has jobs on it when it is
/// killed.</param>
/// <param name="Words">Counted here in one process: what the workers' counts must add up to.</param>
internal sealed record Plan(int Chunks, int ChunkBytesMax, TimeSpan Pace, long Words)
{
    /// <summary>Jobs under way at once.</summary>
    public const int Concurrency = 24;

    private const int ChunksWanted = 900;
    private static readonly TimeSpan LengthWanted = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PaceMax = TimeSpan.FromMilliseconds(200);

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static async Task<Plan> MakeAsync(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var bytes = files.Sum(f => new FileInfo(f).Length);
        var chunkBytesMax = (int)Math.Clamp(bytes / ChunksWanted, ChunkSplitter.BoundBytesMin, 64 * 1024);
        var (chunks, words) = (0, 0L);
        foreach (var file in files)
        {
            var counted = new List<WordSummary>();
            var stream = File.OpenRead(file);
            await using (stream.ConfigureAwait(false))
            {
                await foreach (var chunk in ChunkSplitter.SplitAsync(stream, chunkBytesMax, cancellationToken).ConfigureAwait(false))
                {
                    counted.Add(WordCounter.Count(chunk.Span));
                }
            }

            chunks += counted.Count;
            words += WordSummary.Total([.. counted]);
        }

        var pace = LengthWanted * Concurrency / Math.Max(1, chunks);
        return new Plan(chunks, chunkBytesMax, pace > PaceMax ? PaceMax : pace, words);
    }
}
