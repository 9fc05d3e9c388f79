namespace AkkaLb.Programs.Hocon;

/// <summary>Turns offsets into lines and columns, both from 1.</summary>
internal sealed class LineMap
{
    private readonly List<int> _starts = [0];

    public LineMap(string text)
    {
        for (var at = text.IndexOf('\n', StringComparison.Ordinal); at >= 0; at = text.IndexOf('\n', at + 1)) _starts.Add(at + 1);
    }

    public (int Line, int Column) Locate(int offset)
    {
        var found = _starts.BinarySearch(offset);
        var index = found >= 0 ? found : ~found - 1;
        return (index + 1, offset - _starts[index] + 1);
    }
}
