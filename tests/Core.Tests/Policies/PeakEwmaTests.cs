using System.Globalization;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class PeakEwmaTests
{
    private readonly Candidate _a = new(Up("a", 1));
    private readonly Candidate _b = new(Up("b", 2));
    private readonly PeakEwma _chooser = new(new Random(4053));

    public PeakEwmaTests() => _chooser.Rebuild([_a, _b]);

    [Fact]
    public void The_one_that_answers_sooner_is_picked_until_its_jobs_outweigh_that()
    {
        End(_a, Ms(300), S(1));
        End(_b, Ms(100), S(1));
        Assert.Equal("b b a b b b", Picks(6, S(1)));
    }

    [Fact]
    public void While_nobody_has_answered_jobs_in_flight_decide_and_then_the_longest_without_a_pick()
    {
        Give(_b, default);
        Give(_b, default);
        _b.Picked(1);
        Assert.Equal("a a b a b a", Picks(6, default));
    }

    [Fact]
    public void A_slow_answer_counts_at_once_and_a_fast_one_by_the_time_that_has_passed()
    {
        End(_a, Ms(100), S(0));
        End(_a, Ms(900), S(1));
        Assert.Equal(0.9, _a.Answers.Seconds, 9);
        End(_a, Ms(100), S(11));
        Assert.Equal(0.1 + (0.8 / Math.E), _a.Answers.Seconds, 9);
    }

    [Theory]
    [InlineData(PickEnd.Failed)]
    [InlineData(PickEnd.Rejected)]
    [InlineData(PickEnd.Unknown)]
    public void A_job_that_was_not_done_counts_as_a_slow_answer_however_fast_it_came(PickEnd how)
    {
        End(_a, Ms(1), S(1), how);
        Assert.Equal(5, _a.Answers.Seconds);
        End(_a, S(8), S(1), how);
        Assert.Equal(8, _a.Answers.Seconds);
        End(_a, Ms(1), S(9), how);
        Assert.Equal(8, _a.Answers.Seconds);
    }

    [Theory]
    [InlineData(PickEnd.Unused)]
    [InlineData(PickEnd.Cancelled)]
    public void A_pick_that_was_not_used_or_was_cancelled_tells_nothing(PickEnd how)
    {
        End(_a, TimeSpan.Zero, S(1), how);
        Assert.False(_a.Answers.IsKnown);
    }

    [Fact]
    public void One_that_has_not_answered_yet_counts_as_the_mean_of_the_others()
    {
        var (c, d) = (new Candidate(Up("c", 3)), new Candidate(Up("d", 4)));
        _chooser.Rebuild([_a, _b, c, d]);
        End(_a, Ms(100), S(1));
        End(_b, Ms(400), S(1));
        End(c, Ms(200), S(1)); // as the mean of the logarithms of the other two: d counts as much as c

        Assert.Same(_a, _chooser.Pick([_b, c], S(1)));
        Assert.Same(d, _chooser.Pick([_a, c], S(1)));
        Give(c, S(1));
        Assert.Same(d, _chooser.Pick([_a, _b], S(1)));
        Give(d, S(1));
        Give(d, S(1));
        Assert.Same(c, _chooser.Pick([_a, _b], S(1)));
    }

    [Fact]
    public void A_slow_one_without_jobs_goes_to_the_mean_and_is_tried_with_one_job()
    {
        End(_a, Ms(100), S(0));
        End(_b, Ms(100), S(0), PickEnd.Failed);
        for (var i = 0; i < 9; i++)
        {
            Give(_a, S(60));
        }

        // The mean is 0.7 s, so b has faded to little more, and a with nine jobs has 10 x 0.1 s. With one job b has 2 x 5 s again.
        Assert.Equal("b a a a", Picks(4, S(60)));
    }

    [Fact]
    public void Every_pick_is_the_one_that_a_naive_reading_makes() => Seeded.Runs(2_000, random =>
    {
        var seed = random.Next();
        var (chooser, naive) = (new PeakEwma(new Random(seed)), new NaivePeakEwma(new AtRandom(new Random(seed))));
        var all = new List<Candidate>();
        var now = S(random.Next(100));
        for (var step = 0; step < 150; step++)
        {
            now += Ms(random.Of([0, 1, 100, 5_000]) * random.NextDouble());
            if (all.Count == 0 || random.Chance(0.05))
            {
                all.Add(new Candidate(Up(step.ToString(CultureInfo.InvariantCulture), step)));
                chooser.Rebuild([.. all]);
                naive.Rebuild([.. all]);
            }

            if (all.Count > 1 && random.Chance(0.03))
            {
                var gone = random.Of(all);
                gone.Leave();
                all.Remove(gone);
                chooser.Rebuild([.. all]);
                naive.Rebuild([.. all]);
            }

            var candidate = random.Of(all);
            if (candidate.Jobs.Own > 0 && random.Chance(0.7))
            {
                var ended = new EndedPick(1, random.Of(Enum.GetValues<PickEnd>()), Ms(random.Next(1, 2_000)), default);
                candidate.Jobs.End(1, wasAccepted: true);
                chooser.Ended(candidate, ended, now);
                naive.Ended(candidate, ended, now);
            }

            var leftOut = all.Where(_ => random.Chance(0.1)).ToArray();
            var picked = chooser.Pick(leftOut, now);
            Assert.Contains(picked, naive.Picks(leftOut, now));
            picked?.Jobs.Give(1, isTold: true, now);
            picked?.Picked(step + 1);
        }
    });

    [Fact]
    public void Of_many_with_the_same_times_each_gets_its_share()
    {
        const int Workers = 50;
        const int Picks = 100_000;
        Candidate[] all = [.. Enumerable.Range(0, Workers).Select(i => new Candidate(Up($"{i}", i)))];
        _chooser.Rebuild(all);
        foreach (var candidate in all)
        {
            End(candidate, Ms(100), default);
        }

        var counts = Enumerable.Range(0, Picks).Select(_ => _chooser.Pick([], default)!.Key.Id).CountBy(id => id).ToDictionary();

        // Seed 4053; nothing is given, so each pick is a draw of its own: five standard deviations of a binomial count.
        var bound = 5 * Math.Sqrt(Picks / (double)Workers);
        Assert.Equal(Workers, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, (Picks / Workers) - bound, (Picks / Workers) + bound));
    }

    private void End(Candidate candidate, TimeSpan took, TimeSpan now, PickEnd how = PickEnd.Done) =>
        _chooser.Ended(candidate, new EndedPick(1, how, took, default), now);

    private static void Give(Candidate candidate, TimeSpan now) => candidate.Jobs.Give(1, isTold: true, now);

    private string Picks(int count, TimeSpan now) => string.Join(' ', Enumerable.Range(1, count).Select(pick =>
    {
        var picked = _chooser.Pick([], now)!;
        Give(picked, now);
        picked.Picked(pick);
        return picked.Key.Id;
    }));

    /// <summary>Keeps every answer, and reckons from the first one each time it is asked.</summary>
    private sealed class NaivePeakEwma(AtRandom draw)
    {
        private readonly Dictionary<Candidate, List<(TimeSpan At, double Seconds)>> _answers = [];
        private Candidate[] _eligible = [];

        public void Rebuild(Candidate[] eligible) => draw.Rebuild(_eligible = eligible);

        public void Ended(Candidate candidate, EndedPick ended, TimeSpan now)
        {
            if (ended.How is not (PickEnd.Unused or PickEnd.Cancelled))
            {
                _answers.TryAdd(candidate, []);
                var slow = ended.How == PickEnd.Done ? 0 : Math.Max(5, Learnt(candidate) ?? 0);
                _answers[candidate].Add((now, Math.Max(slow, ended.Took.TotalSeconds)));
            }
        }

        /// <summary>More than one where they are as good as equal: sums in another order differ in the last digits.</summary>
        public Candidate?[] Picks(Candidate[] leftOut, TimeSpan now)
        {
            if (draw.Pick(leftOut, now) is not { } one || draw.PickOther(one, leftOut) is not { } other)
            {
                return [_eligible.Except(leftOut).SingleOrDefault()];
            }

            var (a, b) = (Load(one, now), Load(other, now));
            return a < b * (1 - 1e-9) ? [one] : b < a * (1 - 1e-9) ? [other] : [one, other];
        }

        private double Load(Candidate candidate, TimeSpan now)
        {
            var known = _eligible.Select(Learnt).OfType<double>().ToList();
            var mean = known.Count == 0 ? 1 : Math.Exp(known.Average(Math.Log));
            var seconds = Learnt(candidate) is not { } learnt ? mean
                : candidate.Jobs.Own > 0 ? learnt
                : mean + ((learnt - mean) * Math.Exp(-(now - _answers[candidate][^1].At).TotalSeconds / 10));
            return seconds * (candidate.InFlight + 1);
        }

        private double? Learnt(Candidate candidate)
        {
            if (!_answers.TryGetValue(candidate, out var answers) || answers.Count == 0)
            {
                return null;
            }

            var (mean, last) = (0.0, answers[0].At);
            foreach (var (at, seconds) in answers)
            {
                var kept = Math.Exp(-(at - last).TotalSeconds / 10);
                (mean, last) = (seconds >= mean ? seconds : (mean * kept) + (seconds * (1 - kept)), at);
            }

            return mean;
        }
    }
}
