namespace AkkaLb.ClientNode.Commands;

/// <summary>A column of a table for people.</summary>
internal sealed record TextColumn<T>(string Head, Func<T, string> Of);

/// <summary>A table for people: a head, and a line for each row.</summary>
internal static class TextTable
{
    /// <summary>What is not told.</summary>
    public const string Unknown = "-";

    /// <summary>Columns in which nobody has anything are left out; no lines where there are no rows.</summary>
    public static IEnumerable<string> Lines<T>(IReadOnlyList<TextColumn<T>> columns, IReadOnlyList<T> rows)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        var shown = columns.Select(c => (c.Head, Cells: rows.Select(c.Of).ToList())).Where(c => c.Cells.Exists(cell => cell.Length > 0)).ToList();
        var widths = shown.Select(c => c.Cells.Append(c.Head).Max(cell => cell.Length)).ToList();
        return Enumerable.Range(-1, rows.Count + 1).Select(row => string.Join(
            "  ", shown.Select((c, i) => (row < 0 ? c.Head : c.Cells[row]).PadRight(widths[i]))).TrimEnd());
    }
}
