namespace AkkaLb.Core.Words;
public readonly record struct WordSummary(long Words, bool StartsInWord, bool EndsInWord, bool IsNeutral);
public static class ChunkSplitter;
