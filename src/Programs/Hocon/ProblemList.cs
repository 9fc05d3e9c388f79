namespace AkkaLb.Programs.Hocon;

/// <summary>Collects problems: the first reported on each line, up to a limit.</summary>
/// <remarks>First reported, not leftmost: an open quote is what swallowed the brace that then seems to be missing on the same line.</remarks>
internal sealed class ProblemList(LineMap lines)
{
    private const int CountMax = 20;
    private readonly Dictionary<int, HoconProblem> _byLine = [];

    /// <summary>True once no further problem would be kept, so a scan may stop.</summary>
    public bool IsFull => _byLine.Count >= CountMax;

    public void Add(int offset, string message)
    {
        if (IsFull) return;
        var (line, column) = lines.Locate(offset);
        _byLine.TryAdd(line, new HoconProblem(line, column, message));
    }

    public IReadOnlyList<HoconProblem> ToSortedList() => [.. _byLine.Values.OrderBy(problem => problem.Line)];
}
