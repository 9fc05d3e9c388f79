using System.Runtime.CompilerServices;

namespace AkkaLb.BuiltInJobs.Words;

/// <summary>Cuts a file into chunks that can be counted apart: the summaries of the chunks, joined in order, are the summary of the file.</summary>
public static class ChunkSplitter
{
    /// <summary>The smallest bound on a chunk, in bytes.</summary>
    public const int BoundBytesMin = 16;

    /// <summary>The largest bound on a chunk, in bytes: with its envelope a chunk stays below the 128,000 bytes of an Akka.Remote frame.</summary>
    public const int BoundBytesMax = 100_000;

    /// <summary>Reads the stream to its end. Cuts at ASCII white space where there is some near the bound, else between two characters.</summary>
    /// <remarks>Reads ahead of the consumer by at most one chunk and one byte. The stream stays open.</remarks>
    /// <param name="content">Read from its present position; it may give fewer bytes than asked for.</param>
    /// <param name="chunkBytesMax">No chunk is longer; <see cref="BoundBytesMin"/> to <see cref="BoundBytesMax"/>. All but the last are at least half
    /// as long. Larger chunks mean fewer messages, smaller ones spread a file over more workers.</param>
    /// <param name="cancellationToken">Stops between and during reads.</param>
    /// <returns>The chunks in file order, none empty, each an array of its own that nothing else refers to; no chunk for an empty stream.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="chunkBytesMax"/> is out of range; thrown at the call.</exception>
    public static IAsyncEnumerable<ReadOnlyMemory<byte>> SplitAsync(
        Stream content, int chunkBytesMax, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkBytesMax, BoundBytesMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunkBytesMax, BoundBytesMax);
        return ReadChunksAsync(content, chunkBytesMax, cancellationToken);
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadChunksAsync(
        Stream content, int chunkBytesMax, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // One byte more than a chunk: when it fills up, the chunk is not the last one and needs a cut.
        var buffer = new byte[chunkBytesMax + 1];
        var held = 0;
        while (true)
        {
            held += await content
                .ReadAtLeastAsync(buffer.AsMemory(held), buffer.Length - held, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            if (held < buffer.Length)
            {
                break;
            }

            var cut = ChunkBoundary.Choose(buffer.AsSpan(0, chunkBytesMax));
            yield return buffer.AsSpan(0, cut).ToArray();
            buffer.AsSpan(cut).CopyTo(buffer);
            held -= cut;
        }

        if (held > 0)
        {
            yield return buffer.AsSpan(0, held).ToArray();
        }
    }
}
