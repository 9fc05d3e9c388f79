using System.Text;
using AkkaLb.BuiltInJobs.Words;

namespace AkkaLb.BuiltInJobs.Tests.Words;

public class ChunkSplitterTests
{
    [Fact]
    public async Task An_empty_file_has_no_chunks() => Assert.Empty(await SplitAsync([], 16));

    [Fact]
    public async Task A_file_no_longer_than_the_bound_is_one_chunk() =>
        Assert.Equal(["sixteen letters!"], await TextsAsync("sixteen letters!", 16));

    [Fact]
    public async Task Chunks_end_after_white_space_when_there_is_some_near_the_bound() =>
        Assert.Equal(["one two three ", "four five six"], await TextsAsync("one two three four five six", 16));

    [Fact]
    public async Task Without_white_space_a_chunk_is_as_long_as_the_bound() =>
        Assert.Equal(["abcdefghijklmnop", "qrstuvwxyz"], await TextsAsync("abcdefghijklmnopqrstuvwxyz", 16));

    [Theory]
    [InlineData("中中中中中中", 15)] // three bytes each: the sixth stands at bytes 16 to 18
    [InlineData("abcdefghijklmé", 15)] // two bytes: fits, nothing to cut
    [InlineData("abcdefghijklmnoé", 15)]
    [InlineData("abcdefghijklm😀", 13)]
    [InlineData("abcdefghijklmno😀", 15)]
    public async Task A_character_is_never_cut_in_two(string text, int firstChunkBytes) =>
        Assert.Equal(firstChunkBytes, (await SplitAsync(Encoding.UTF8.GetBytes(text), 16))[0].Length);

    [Fact]
    public async Task Stray_continuation_bytes_are_cut_at_the_bound() =>
        Assert.Equal([16, 16, 8], (await SplitAsync([.. Enumerable.Repeat((byte)0x80, 40)], 16)).Select(chunk => chunk.Length));

    [Fact]
    public async Task A_chunk_does_not_change_when_the_next_one_is_read()
    {
        var chunks = new List<ReadOnlyMemory<byte>>();
        await foreach (var chunk in ChunkSplitter.SplitAsync(new MemoryStream("one two three four five six"u8.ToArray()), 16))
        {
            chunks.Add(chunk);
        }

        Assert.Equal("one two three four five six", string.Concat(chunks.Select(chunk => Encoding.UTF8.GetString(chunk.Span))));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(100_001)]
    public void A_bound_out_of_range_is_refused_at_the_call(int bound) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ChunkSplitter.SplitAsync(Stream.Null, bound));

    [Fact]
    public async Task A_cancelled_split_stops()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var chunks = ChunkSplitter.SplitAsync(new MemoryStream(new byte[100]), 16, cancelled.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await chunks.GetAsyncEnumerator().MoveNextAsync());
    }

    [Fact]
    public async Task Chunks_of_any_bound_rebuild_the_file_and_its_summary()
    {
        int[] bounds = [16, 17, 18, 19, 64, 1_000];
        for (var seed = 0; seed < 1_000; seed++)
        {
            var bytes = seed % 2 == 0 ? SeededText.Uniform(seed, lengthMax: 300) : SeededText.Mixture(seed, piecesMax: 100);
            var bound = bounds[seed % bounds.Length];
            var chunks = await SplitAsync(bytes, bound);
            Assert.True(bytes.SequenceEqual(chunks.SelectMany(chunk => chunk)), $"seed {seed}: bytes");
            Assert.True(chunks.All(chunk => chunk.Length >= 1 && chunk.Length <= bound), $"seed {seed}: lengths");
            var joined = chunks.Aggregate(WordSummary.Neutral, (file, chunk) => file.Then(WordCounter.Count(chunk)));
            Assert.True(joined == WordCounter.Count(bytes), $"seed {seed}: summary");
        }
    }

    [Fact]
    public void Any_cut_that_spares_the_characters_keeps_the_summary()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var bytes = SeededText.Mixture(seed, piecesMax: 30);
            var whole = WordCounter.Count(bytes);
            for (var cut = 0; cut <= bytes.Length; cut++)
            {
                var joined = WordCounter.Count(bytes.AsSpan(0, cut)).Then(WordCounter.Count(bytes.AsSpan(cut)));
                Assert.True(joined == whole || NaiveWordCount.IsInsideCharacter(bytes, cut), $"seed {seed}, cut {cut}");
            }
        }
    }

    private static async Task<List<byte[]>> SplitAsync(byte[] bytes, int bound)
    {
        var chunks = new List<byte[]>();
        await foreach (var chunk in ChunkSplitter.SplitAsync(new TricklingStream(bytes), bound))
        {
            chunks.Add(chunk.ToArray());
        }

        return chunks;
    }

    private static async Task<string[]> TextsAsync(string text, int bound) =>
        [.. (await SplitAsync(Encoding.UTF8.GetBytes(text), bound)).Select(Encoding.UTF8.GetString)];

    /// <summary>Gives at most five bytes a read, as a pipe or a network file may.</summary>
    private sealed class TricklingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(5, buffer.Length)], cancellationToken);
    }
}
