namespace AkkaLb.Programs.Hocon;

/// <summary>Refuses characters that no editor shows: most often the file is not text at all.</summary>
internal static class ControlCharacters
{
    public static void Check(string text, ProblemList problems)
    {
        for (var at = 0; at < text.Length && !problems.IsFull; at++)
        {
            var c = text[at];
            if (!char.IsControl(c) || c is '\t' or '\n') continue;
            if (c == '\r')
            {
                // Akka ends a comment at LF only, so after a lone CR the rest of the file would belong to the comment.
                if (at + 1 < text.Length && text[at + 1] == '\n') continue;
                problems.Add(at, "carriage return without a line feed; save the file with LF or CR LF line ends");
                continue;
            }
            problems.Add(at, $"control character U+{(int)c:X4}; remove it, or write it as \\u{(int)c:x4} in a quoted string");
        }
    }
}
