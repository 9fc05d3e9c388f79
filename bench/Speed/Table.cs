namespace AkkaLb.Bench.Speed;

/// <summary>A table in Markdown whose columns also line up on a terminal.</summary>
/// <param name="columns">Their headings; those that begin with <c>&gt;</c> hold figures, which line up at the right.</param>
internal sealed class Table(params IReadOnlyList<string> columns)
{
    /// <summary>What the rule below the headings needs.</summary>
    private const int WidthMin = 3;

    private readonly List<IReadOnlyList<string>> _rows = [];

    public void Add(params IReadOnlyList<string> cells) => _rows.Add(cells);

    public IEnumerable<string> Lines()
    {
        string[] headings = [.. columns.Select(c => c.TrimStart('>'))];
        int[] widths = [.. headings.Select((h, i) => _rows.Select(r => r[i].Length).Append(h.Length).Append(WidthMin).Max())];
        string[] rule = [.. widths.Select((w, i) => IsRight(i) ? new string('-', w - 1) + ":" : new string('-', w))];
        return [Line(headings), Line(rule), .. _rows.Select(Line)];

        string Line(IReadOnlyList<string> cells) =>
            $"| {string.Join(" | ", cells.Select((c, i) => IsRight(i) ? c.PadLeft(widths[i]) : c.PadRight(widths[i])))} |";
    }

    private bool IsRight(int column) => columns[column].StartsWith('>');
}
