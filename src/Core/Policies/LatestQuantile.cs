namespace AkkaLb.Core.Policies;

/// <summary>A quantile of the latest numbers that were seen.</summary>
/// <param name="size">Of so many; at least 1.</param>
/// <param name="share">So large a share of them is the quantile or less: above 0, up to 1.</param>
internal sealed class LatestQuantile(int size, double share)
{
    private readonly double[] _byAge = new double[size];
    private readonly double[] _inOrder = new double[size];
    private int _count;
    private int _next;

    /// <summary>One of the numbers; 0 while there are none.</summary>
    public double Value { get; private set; }

    /// <summary>Takes the place of the oldest when there are as many as are kept.</summary>
    public void Add(double number)
    {
        if (_count == size)
        {
            var oldest = Array.BinarySearch(_inOrder, _byAge[_next]);
            Array.Copy(_inOrder, oldest + 1, _inOrder, oldest, size - oldest - 1);
            _count--;
        }

        _byAge[_next] = number;
        _next = (_next + 1) % size;
        var place = Array.BinarySearch(_inOrder, 0, _count, number);
        place = place < 0 ? ~place : place;
        Array.Copy(_inOrder, place, _inOrder, place + 1, _count - place);
        _inOrder[place] = number;
        _count++;
        Value = _inOrder[(int)Math.Ceiling(share * _count) - 1];
    }
}
