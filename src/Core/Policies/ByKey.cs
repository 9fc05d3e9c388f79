namespace AkkaLb.Core.Policies;

/// <summary>The worker that is first for the key of the job, as long as it has room; else the next one in the key's order.</summary>
/// <remarks>A few jobs go to somebody else: see <see cref="KeyBound.Exploration"/>. A job without a key goes to the less loaded of two
/// workers.</remarks>
/// <param name="order">Used by this chooser alone.</param>
/// <param name="bound">Null: the default.</param>
public sealed class ByKey(IKeyOrder order, Random random, KeyBound? bound = null) : IChooser
{
    private readonly KeyBound _bound = bound ?? new KeyBound();
    private readonly AtRandom _any = new(random);
    private readonly BestOfTwo<Delay> _withoutKey = new(random);
    private Candidate[] _eligible = [];

    /// <summary>Jobs in flight as they are counted in the sum, by place.</summary>
    private double[] _loads = [];
    private double _load;
    private double _rate;

    public bool MindsLoad => true;

    public void Rebuild(Candidate[] eligible)
    {
        foreach (var candidate in _eligible)
        {
            candidate.Place = -1;
        }

        _eligible = eligible;
        (_loads, _load, _rate) = (new double[eligible.Length], 0, 0);
        for (var place = 0; place < eligible.Length; place++)
        {
            eligible[place].Place = place;
            _rate += eligible[place].Rate;
            Changed(eligible[place]);
        }

        _any.Rebuild(eligible);
        _withoutKey.Rebuild(eligible);
        order.Rebuild(eligible);
    }

    public void Changed(Candidate candidate)
    {
        if (candidate.Place >= 0)
        {
            ref var counted = ref _loads[candidate.Place];
            _load += candidate.InFlight - counted;
            counted = candidate.InFlight;
        }
    }

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now) => _withoutKey.Pick(leftOut, now);

    public Candidate? PickFor(string key, int weight, ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        var room = new Room(leftOut, _bound, _load, _rate, weight);
        if (order.First(KeyHash.Of(key), room) is not { } first)
        {
            return Pick(leftOut, now);
        }

        return _bound.Exploration > 0 && random.NextDouble() < _bound.Exploration && _any.PickOther(first, leftOut) is { } other && room.Has(other)
            ? other
            : first;
    }
}
