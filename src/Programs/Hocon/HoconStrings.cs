namespace AkkaLb.Programs.Hocon;

/// <summary>Quoted strings: <c>"..."</c> with escapes on one line, <c>"""..."""</c> as it stands over any number of lines.</summary>
internal sealed class HoconStrings(HoconCursor cursor, ProblemList problems)
{
    private const string TripleQuote = "\"\"\"";

    public bool AtTripleQuote => cursor.At(TripleQuote);

    /// <summary>Passes a string in a value, of either kind.</summary>
    /// <returns>False when it never ends.</returns>
    public bool PassValue() => AtTripleQuote ? PassTriple() : PassQuoted();

    /// <summary>Passes a one-line string. One without an end is given up at the end of its line.</summary>
    public bool PassQuoted()
    {
        var start = cursor.Position;
        cursor.Advance();
        while (!cursor.AtLineEnd)
        {
            switch (cursor.Current)
            {
                case '"':
                    cursor.Advance();
                    return true;
                case '\\':
                    PassEscape();
                    break;
                default:
                    cursor.Advance();
                    break;
            }
        }
        problems.Add(start, "this string is not closed on its line; add the missing '\"'");
        return false;
    }

    // Ends at the first three quotes, as in Akka; the HOCON specification would count further quotes into the string.
    private bool PassTriple()
    {
        var start = cursor.Position;
        cursor.Advance(TripleQuote.Length);
        if (cursor.TrySkipPast(TripleQuote)) return true;
        problems.Add(start, "this string is never closed; add the missing '\"\"\"'");
        return false;
    }

    private void PassEscape()
    {
        var start = cursor.Position;
        cursor.Advance();
        if (cursor.AtLineEnd) return; // The string is unclosed as well, which is what gets reported.
        var escaped = cursor.Current;
        cursor.Advance();
        if (escaped == 'u') PassHexadecimal(start);
        else if (!"\"\\/bfnrt".Contains(escaped))
        {
            problems.Add(start, $"\\ before {Excerpt.Of(escaped)} is not an escape; write \\\\ for a backslash");
        }
    }

    private void PassHexadecimal(int start)
    {
        for (var digit = 0; digit < 4; digit++)
        {
            if (!char.IsAsciiHexDigit(cursor.Current))
            {
                problems.Add(start, "\\u needs four hexadecimal digits, such as \\u00e9");
                return;
            }
            cursor.Advance();
        }
    }
}
