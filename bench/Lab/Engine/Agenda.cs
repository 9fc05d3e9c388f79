namespace AkkaLb.Bench.Lab.Engine;

/// <summary>Virtual time, in seconds, and what is to happen: the earliest first, of two at the same time the one that was entered first.</summary>
internal sealed class Agenda
{
    private readonly PriorityQueue<Action, Moment> _entries = new();
    private long _order;

    public double Now { get; private set; }

    /// <summary>Enters what is to happen then; a time that has passed means now.</summary>
    public void At(double at, Action act) => _entries.Enqueue(act, new Moment(Math.Max(at, Now), ++_order));

    public void After(double delay, Action act) => At(Now + delay, act);

    /// <summary>Lets the next thing happen. False: there is nothing left.</summary>
    public bool Step()
    {
        if (!_entries.TryDequeue(out var act, out var moment))
        {
            return false;
        }

        Now = moment.At;
        act();
        return true;
    }

    private readonly record struct Moment(double At, long Order) : IComparable<Moment>
    {
        public int CompareTo(Moment other) => At < other.At ? -1 : At > other.At ? 1 : Order.CompareTo(other.Order);
    }
}
