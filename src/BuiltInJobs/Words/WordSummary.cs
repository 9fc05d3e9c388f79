namespace AkkaLb.BuiltInJobs.Words;

/// <summary>All that the word count of a file needs to know about one piece of it.</summary>
/// <remarks>
/// Summaries form a monoid: <see cref="Then"/> is associative and <see cref="Neutral"/>, which is also <c>default</c>, its identity. So pieces may be
/// counted anywhere and joined in any grouping, as long as their order is kept.
/// </remarks>
/// <param name="Words">Words in the piece, those cut off at its edges included; 0 or more. For a whole file this is the word count.</param>
/// <param name="StartsInWord">The piece has a word with no space before it: it would continue a word of the piece before.</param>
/// <param name="EndsInWord">The piece has a word with no space after it: it would be continued by a word of the piece after.</param>
/// <param name="HasSpace">The piece has a space, and so keeps the words on its two sides apart.</param>
public readonly record struct WordSummary(long Words, bool StartsInWord, bool EndsInWord, bool HasSpace)
{
    /// <summary>The summary of no bytes, and of bytes that neither make nor part words.</summary>
    public static WordSummary Neutral => default;

    /// <summary>Neither a word nor a space: the pieces on its two sides meet as if it were not there.</summary>
    public bool IsNeutral => Words == 0 && !HasSpace;

    /// <summary>The word count of a file from the summaries of its pieces, in file order; 0 for none.</summary>
    public static long Total(ReadOnlySpan<WordSummary> pieces)
    {
        var file = Neutral;
        foreach (var piece in pieces)
        {
            file = file.Then(piece);
        }

        return file.Words;
    }

    /// <summary>The summary of this piece followed by <paramref name="next"/>. A word that spans the two counts once.</summary>
    public WordSummary Then(WordSummary next) => new(
        Words + next.Words - (EndsInWord && next.StartsInWord ? 1 : 0),
        StartsInWord || (IsNeutral && next.StartsInWord),
        next.EndsInWord || (next.IsNeutral && EndsInWord),
        HasSpace || next.HasSpace);
}
