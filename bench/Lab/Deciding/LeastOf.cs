namespace AkkaLb.Bench.Lab.Deciding;

/// <summary>Finds the least of what is offered; among equals each has the same chance.</summary>
internal struct LeastOf(Random random)
{
    private double _value;
    private double _tie;
    private int _equals;

    /// <summary>Has a meaning when something was offered.</summary>
    public int Worker { get; private set; }

    public void Offer(int worker, double value, double tie = 0)
    {
        if (_equals == 0 || value < _value || (value == _value && tie < _tie))
        {
            (Worker, _value, _tie, _equals) = (worker, value, tie, 1);
        }
        else if (value == _value && tie == _tie && random.Next(++_equals) == 0)
        {
            Worker = worker;
        }
    }
}
