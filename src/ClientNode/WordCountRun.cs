using AkkaLb.Core.Clients;
using AkkaLb.Core.Words;
using AkkaLb.Messages;

namespace AkkaLb.ClientNode;

/// <summary>Counts the words of files by sending their chunks through a <see cref="BalancedClient"/>: the same numbers as <c>wc -w</c>.</summary>
/// <param name="chunkBytesMax">Largest chunk, <see cref="ChunkSplitter.BoundBytesMin"/> to <see cref="ChunkSplitter.BoundBytesMax"/>.</param>
/// <param name="pace">How long a worker takes for a chunk at least; zero: as fast as it goes.</param>
/// <param name="ended">Is told of each chunk's end; may be called by several threads at once.</param>
public sealed class WordCountRun(BalancedClient client, int chunkBytesMax, TimeSpan pace, Action<JobRun> ended)
{
    private static readonly JobOptions EachChunk = new() { IsIdempotent = true };

    /// <summary>The chunks of all files, in order, each with the work that counts it. Files are opened one after another, as they are reached.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public async IAsyncEnumerable<Func<Task>> ChunksAsync(IReadOnlyList<FileWords> files)
    {
        foreach (var file in files)
        {
            var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1, FileOptions.SequentialScan | FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
            {
                await foreach (var chunk in ChunkSplitter.SplitAsync(stream, chunkBytesMax).ConfigureAwait(false))
                {
                    var index = file.Reserve();
                    yield return () => CountAsync(file, index, chunk);
                }
            }
        }
    }

    private async Task CountAsync(FileWords file, int index, ReadOnlyMemory<byte> chunk)
    {
        var run = await client.RunAsync(new WordsJob(chunk, pace), EachChunk).ConfigureAwait(false);
        if (run.Outcome is JobOutcome.Done done)
        {
            file.Set(index, client.Read<WordsResult>(done).Summary);
        }

        ended(run);
    }
}

/// <summary>One file's count in the making. Thread-safe.</summary>
public sealed class FileWords(string path)
{
    private readonly Lock _lock = new();
    private readonly List<WordSummary?> _chunks = [];

    public string Path => path;

    /// <summary>The file's words; null when a chunk has not been counted.</summary>
    public long? Words
    {
        get
        {
            lock (_lock)
            {
                return _chunks.TrueForAll(c => c is not null) ? WordSummary.Total([.. _chunks.Select(c => c!.Value)]) : null;
            }
        }
    }

    internal int Reserve()
    {
        lock (_lock)
        {
            _chunks.Add(null);
            return _chunks.Count - 1;
        }
    }

    internal void Set(int index, WordSummary summary)
    {
        lock (_lock)
        {
            _chunks[index] = summary;
        }
    }
}
