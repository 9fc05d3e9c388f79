namespace AkkaLb.Packages;

/// <summary>What differs between two lists of lines, as people read it.</summary>
internal static class LineDiff
{
    private const int Around = 2;

    /// <summary>Each change with the lines around it, below the line that begins its type or whatever else it stands in.</summary>
    public static IEnumerable<string> Of(IReadOnlyList<string> before, IReadOnlyList<string> after)
    {
        var lines = Merge(before, after);
        var shownUpTo = -1;
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Mark == ' ')
            {
                continue;
            }

            var from = Math.Max(shownUpTo + 1, i - Around);
            if (from > shownUpTo + 1 && lines.Take(from).LastOrDefault(line => IsHead(line.Text)).Text is { } head)
            {
                yield return $"@ {head.Trim()}";
            }

            var to = Math.Min(lines.Count - 1, i + Around);
            for (var k = from; k <= to; k++)
            {
                yield return $"{lines[k].Mark} {lines[k].Text}";
            }

            shownUpTo = Math.Max(shownUpTo, to);
        }
    }

    /// <summary>More than one word, at most one step in.</summary>
    private static bool IsHead(string line) =>
        line.TrimStart() is { Length: > 0 } words && line.Length - words.Length <= 4 && char.IsLetter(words[0]) && words.Contains(' ');

    /// <summary>All lines of both, those in common once, by the longest common subsequence.</summary>
    private static List<(char Mark, string Text)> Merge(IReadOnlyList<string> before, IReadOnlyList<string> after)
    {
        var common = new int[before.Count + 1, after.Count + 1];
        for (var b = before.Count - 1; b >= 0; b--)
        {
            for (var a = after.Count - 1; a >= 0; a--)
            {
                common[b, a] = before[b] == after[a] ? common[b + 1, a + 1] + 1 : Math.Max(common[b + 1, a], common[b, a + 1]);
            }
        }

        var merged = new List<(char, string)>();
        for (int b = 0, a = 0; b < before.Count || a < after.Count;)
        {
            if (b < before.Count && a < after.Count && before[b] == after[a])
            {
                merged.Add((' ', before[b++]));
                a++;
            }
            else if (a == after.Count || (b < before.Count && common[b + 1, a] >= common[b, a + 1]))
            {
                merged.Add(('-', before[b++]));
            }
            else
            {
                merged.Add(('+', after[a++]));
            }
        }

        return merged;
    }
}
