namespace AkkaLb.BuiltInJobs.Words;

/// <summary>What a character does to the word it stands in.</summary>
/// <remarks>Bit 0 says space and bit 1 says word; <see cref="WordCounter"/> counts with them.</remarks>
internal enum CharacterKind : byte
{
    /// <summary>Nothing: a control character, an unassigned code point, a byte that is not UTF-8. It neither starts nor ends a word.</summary>
    Neutral = 0,

    /// <summary>Ends the word before it, if there is one.</summary>
    Space = 1,

    /// <summary>Starts a word, or continues the one before it.</summary>
    Word = 2,
}
