namespace AkkaLb.Programs.Hocon;

/// <summary>A position in a HOCON text, with the lexical rules: blanks, comments, line ends, which characters need quotes.</summary>
internal sealed class HoconCursor(string text)
{
    private const string NeedsQuotes = "$\"{}[]:=,#`^?!@*&\\\uFEFF";

    public int Position { get; set; }

    public bool AtEnd => Position >= text.Length;

    public bool AtLineEnd => AtEnd || text[Position] == '\n' || (text[Position] == '\r' && CharAt(Position + 1) == '\n');

    public bool AtComment => Current == '#' || At("//");

    /// <summary>The character here, NUL at the end; a NUL in the text has been reported before anyone looks here.</summary>
    public char Current => CharAt(Position);

    /// <summary>True at a character that an unquoted value or key may hold.</summary>
    public bool AtUnquoted => !AtEnd && !char.IsWhiteSpace(Current) && !NeedsQuotes.Contains(Current) && !AtComment;

    private bool AtBlank => Current is ' ' or '\t' or '\r';

    public bool At(string expected) => string.CompareOrdinal(text, Position, expected, 0, expected.Length) == 0;

    public void Advance(int count = 1) => Position = Math.Min(text.Length, Position + count);

    public ReadOnlySpan<char> From(int start) => text.AsSpan(start, Position - start);

    /// <summary>Skips spaces and tabs on this line.</summary>
    public void SkipBlanks()
    {
        while (AtBlank && !AtLineEnd) Advance();
    }

    /// <summary>Skips blanks, line ends and comments.</summary>
    public void SkipToToken()
    {
        while (!AtEnd)
        {
            if (AtBlank || Current == '\n') Advance();
            else if (AtComment) SkipLine();
            else return;
        }
    }

    public void SkipUnquoted()
    {
        while (AtUnquoted) Advance();
    }

    /// <summary>Skips one name of an unquoted key, inner and trailing blanks included.</summary>
    public void SkipKeyName()
    {
        while (!AtLineEnd && Current != '.' && (AtUnquoted || AtBlank)) Advance();
    }

    public void SkipLine()
    {
        var end = text.IndexOf('\n', Position);
        Position = end < 0 ? text.Length : end;
    }

    /// <summary>Moves past the next occurrence of the text, or says that there is none and stays.</summary>
    public bool TrySkipPast(string expected)
    {
        var found = text.IndexOf(expected, Position, StringComparison.Ordinal);
        if (found < 0) return false;
        Position = found + expected.Length;
        return true;
    }

    /// <summary>Whether this line, from here, reads as <c>key = ...</c> or <c>key { ...</c>; looks no further than the line.</summary>
    /// <param name="separators">What makes it a field after a key.</param>
    public bool LooksLikeField(string separators)
    {
        if (Current is '{' or '[' or '$' || At("\"\"\"")) return false;
        var saved = Position;
        while (!AtLineEnd && !AtComment && Current is not (',' or '}' or ']' or '$') && !separators.Contains(Current)) SkipKeyPart();
        var isField = !AtLineEnd && Position > saved && separators.Contains(Current);
        Position = saved;
        return isField;
    }

    private void SkipKeyPart()
    {
        var isQuoted = Current == '"';
        Advance();
        if (!isQuoted) return;
        while (!AtLineEnd && Current != '"') Advance(Current == '\\' && CharAt(Position + 1) is not ('\n' or '\r') ? 2 : 1);
        if (Current == '"') Advance();
    }

    private char CharAt(int index) => index < text.Length ? text[index] : '\0';
}
