using AkkaLb.Core;

namespace AkkaLb.Programs.Hocon;

/// <summary>Makes what a user wrote fit to be quoted in a one-line message.</summary>
internal static class Excerpt
{
    private const int LengthMax = 60;

    public static string Of(ReadOnlySpan<char> text) => OneLine.Of(text.ToString(), LengthMax);

    /// <summary>A character for a message: itself when it can be seen, its code point when not.</summary>
    public static string Of(char c) => c is > ' ' and <= '~' ? $"'{c}'" : $"U+{(int)c:X4}";
}
