using System.Runtime.CompilerServices;

namespace AkkaLb.Core.Policies;

/// <summary>How long a worker's latest answers took, and how many jobs it had in flight with each.</summary>
/// <remarks>What Prequal's replicas keep: the latency to expect is the median of the latest ones at about the same number of jobs in flight. A struct
/// that lies within its candidate. <c>now</c> is the balancer's clock.</remarks>
internal struct LatestAnswers
{
    /// <summary>How long an answer counts. Raised: a worker that is picked rarely keeps its good or bad name for longer.</summary>
    public static readonly TimeSpan CountFor = TimeSpan.FromSeconds(10);

    /// <summary>How many answers are kept. Raised: more of them are near in jobs in flight, and older.</summary>
    private const int Kept = 5;

    /// <summary>The median is that of so many. With three, one job that was long by itself changes nothing.</summary>
    private const int Near = 3;

    private Ring _ring;
    private int _next;
    private int _count;
    private TimeSpan _at;

    /// <summary>The latency to expect at as many jobs as it had in flight with its last answer. Has a meaning only when
    /// <see cref="IsKnown"/>.</summary>
    public double Seconds { get; private set; }

    public readonly bool IsKnown(TimeSpan now) => _count > 0 && now < _at + CountFor;

    public void Add(double seconds, double inFlight, TimeSpan now)
    {
        if (!IsKnown(now))
        {
            _count = 0;
        }

        _ring[_next] = new Answer((float)seconds, (float)inFlight);
        _next = (_next + 1) % Kept;
        _count = Math.Min(_count + 1, Kept);
        _at = now;
        Seconds = MedianAt((float)inFlight);
    }

    /// <summary>Of those that are nearest in jobs in flight; among equally near ones the newest.</summary>
    private readonly double MedianAt(float inFlight)
    {
        Span<Answer> answers = stackalloc Answer[Kept];
        for (var age = 0; age < _count; age++)
        {
            answers[age] = _ring[(_next - 1 - age + Kept) % Kept];
        }

        var near = Math.Min(Near, _count);
        for (var place = 0; place < near; place++)
        {
            var nearest = place;
            for (var other = place + 1; other < _count; other++)
            {
                nearest = Math.Abs(answers[other].InFlight - inFlight) < Math.Abs(answers[nearest].InFlight - inFlight) ? other : nearest;
            }

            // Those between move up by one, so that they stay in the order of their age.
            var taken = answers[nearest];
            answers[place..nearest].CopyTo(answers[(place + 1)..]);
            answers[place] = taken;
        }

        // Of two the longer one.
        var (a, b) = (answers[0].Seconds, answers[Math.Min(1, near - 1)].Seconds);
        var c = near == Near ? answers[Near - 1].Seconds : Math.Max(a, b);
        return Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
    }

    private readonly record struct Answer(float Seconds, float InFlight);

    [InlineArray(Kept)]
    private struct Ring
    {
        private Answer _first;
    }
}
