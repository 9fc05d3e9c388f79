using System.Runtime.CompilerServices;
using AkkaLb.BuiltInJobs;
using AkkaLb.BuiltInJobs.Words;
using AkkaLb.Client;
using AkkaLb.Core.Clients;
using AkkaLb.Core;

namespace AkkaLb.ClientNode;

/// <summary>Counts the words of files by sending their chunks through a <see cref="BalancedClient"/>: the same numbers as <c>wc -w</c>.</summary>
/// <param name="chunkBytesMax">Largest chunk, <see cref="ChunkSplitter.BoundBytesMin"/> to <see cref="ChunkSplitter.BoundBytesMax"/>.</param>
/// <param name="pace">How long a worker takes for a chunk at least; zero: as fast as it goes.</param>
/// <param name="ended">Is told of each chunk's end; may be called by several threads at once.</param>
/// <param name="service">Whose workers count; see <see cref="JobOptions.Service"/>.</param>
/// <param name="priority">Of each chunk.</param>
public sealed class WordCountRun(
    BalancedClient client, int chunkBytesMax, TimeSpan pace, Action<JobRun> ended, string service = WorkerService.Default,
    JobPriority priority = JobPriority.Normal)
{
    private readonly JobOptions _eachChunk = new() { IsIdempotent = true, Service = service, Priority = priority };

    /// <summary>Counts all files, several chunks at once. A chunk that fails leaves its file without a count; the others continue.</summary>
    /// <param name="concurrency">Chunks under way at most; so many are in memory as well.</param>
    /// <param name="interrupted">No further chunk is begun once it is signalled.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public async Task RunAsync(IReadOnlyList<FileWords> files, int concurrency, CancellationToken interrupted)
    {
        using var room = new SemaphoreSlim(concurrency);
        var underWay = new List<Task>();
        foreach (var file in files)
        {
            await foreach (var chunk in ReadAsync(file.Path, interrupted).ConfigureAwait(false))
            {
                await room.WaitAsync(CancellationToken.None).ConfigureAwait(false);
                if (interrupted.IsCancellationRequested)
                {
                    await Task.WhenAll(underWay).ConfigureAwait(false);
                    return;
                }

                underWay.RemoveAll(t => t.IsCompletedSuccessfully);
                underWay.Add(CountAsync(file, file.Reserve(), chunk, room));
            }

            if (interrupted.IsCancellationRequested)
            {
                break;
            }

            file.EndReached();
        }

        await Task.WhenAll(underWay).ConfigureAwait(false);
    }

    /// <remarks>A pipe blocks its reader, even while it is opened, and nothing breaks that off: interrupted, the reading is left alone, and ends
    /// when it can.</remarks>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(string path, [EnumeratorCancellation] CancellationToken interrupted)
    {
        var chunks = ChunksOf(path).GetAsyncEnumerator(CancellationToken.None);
        var isLeftAlone = false;
        try
        {
            while (true)
            {
                var next = Task.Run(() => chunks.MoveNextAsync().AsTask(), CancellationToken.None);
                isLeftAlone = !await EndsAsync(next, interrupted).ConfigureAwait(false);
                if (isLeftAlone)
                {
                    _ = next.ContinueWith(
                        _ => chunks.DisposeAsync().AsTask(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                    yield break;
                }

                if (!await next.ConfigureAwait(false))
                {
                    yield break;
                }

                yield return chunks.Current;
            }
        }
        finally
        {
            if (!isLeftAlone)
            {
                await chunks.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <returns>False when interrupted first.</returns>
    private static async Task<bool> EndsAsync(Task task, CancellationToken interrupted)
    {
        await task.WaitAsync(interrupted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ChunksOf(string path)
    {
        var stream = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await using (stream.ConfigureAwait(false))
        {
            await foreach (var chunk in ChunkSplitter.SplitAsync(stream, chunkBytesMax).ConfigureAwait(false))
            {
                yield return chunk;
            }
        }
    }

    private async Task CountAsync(FileWords file, int index, ReadOnlyMemory<byte> chunk, SemaphoreSlim room)
    {
        try
        {
            var run = await client.RunAsync(new WordsJob(chunk, pace), _eachChunk).ConfigureAwait(false);
            if (run.Outcome is JobOutcome.Done done)
            {
                file.Set(index, client.Read<WordsResult>(done).Summary);
            }

            ended(run);
        }
        finally
        {
            room.Release();
        }
    }
}

/// <summary>One file's count in the making. Thread-safe.</summary>
public sealed class FileWords(string path)
{
    private readonly Lock _lock = new();
    private readonly List<WordSummary?> _chunks = [];
    private bool _isRead;

    public string Path => path;

    /// <summary>Chunks begun so far.</summary>
    public int Begun
    {
        get
        {
            lock (_lock)
            {
                return _chunks.Count;
            }
        }
    }

    /// <summary>Read to its end, and every chunk counted.</summary>
    public bool IsWhole => Words is not null;

    /// <summary>The file's words; null while, or when, not all of it has been counted.</summary>
    public long? Words
    {
        get
        {
            lock (_lock)
            {
                return _isRead && _chunks.TrueForAll(c => c is not null) ? WordSummary.Total([.. _chunks.Select(c => c!.Value)]) : null;
            }
        }
    }

    internal void EndReached()
    {
        lock (_lock)
        {
            _isRead = true;
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
