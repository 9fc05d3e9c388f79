using System.Numerics;

namespace AkkaLb.Bench.Lab.Engine;

/// <summary>The largest of numbers that change one at a time: O(log n) for a change, O(1) for a look. Numbers are 0 at first, and never
/// negative.</summary>
internal sealed class MaxTree(int count)
{
    private readonly double[] _nodes = new double[2 * (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, count))];

    public double Max => _nodes[1];

    public void Set(int place, double value)
    {
        var node = (_nodes.Length / 2) + place;
        for (_nodes[node] = value; node > 1; node /= 2)
        {
            var above = Math.Max(_nodes[node], _nodes[node ^ 1]);
            if (_nodes[node / 2] == above)
            {
                return;
            }

            _nodes[node / 2] = above;
        }
    }
}
