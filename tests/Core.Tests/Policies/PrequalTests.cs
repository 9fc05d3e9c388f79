using System.Globalization;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class PrequalTests
{
    private static readonly Candidate[] None = [];
    private readonly Prequal _chooser = new(new Random(4053));
    private readonly Candidate[] _all = Candidates(10);

    public PrequalTests() => _chooser.Rebuild(_all);

    [Fact]
    public void Of_cold_samples_the_fastest_is_used_twice_and_then_the_next()
    {
        Busy(_all);
        End(_all[0], Ms(300), 5);
        End(_all[1], Ms(100), 3);
        End(_all[2], Ms(200), 3);
        Assert.Equal("1 1 2 2", Picks(4));
    }

    [Fact]
    public void A_sample_that_is_used_counts_one_more_job_and_may_be_hot_by_that()
    {
        Busy(_all);
        End(_all[0], Ms(300), 5);
        End(_all[1], Ms(100), 5);
        Assert.Equal("1 0", Picks(2));
    }

    [Fact]
    public void When_all_are_hot_the_fewest_jobs_in_flight_win()
    {
        Busy(_all);
        for (var i = 0; i < Prequal.SeenMax; i++)
        {
            End(_all[i % 2], Ms(100), 1);
        }

        End(_all[0], Ms(100), 9);
        End(_all[1], Ms(900), 7);
        Assert.Equal("1 1", Picks(2));
    }

    [Fact]
    public void Samples_count_for_a_second()
    {
        Candidate[] two = [_all[0], _all[1]];
        Busy(_all);
        End(_all[0], Ms(100), 0);
        End(_all[1], Ms(100), 0);
        Assert.All(Enumerable.Range(0, 2), _ => Assert.Contains(_chooser.Pick([], S(1)), two));
        End(_all[0], Ms(100), 0);
        End(_all[1], Ms(100), 0);
        Assert.NotInRange(Enumerable.Range(0, 100).Count(_ => two.Contains(_chooser.Pick([], S(1.001)))), 50, 100);
    }

    [Fact]
    public void An_idle_worker_that_nobody_has_heard_of_is_found_when_it_is_drawn()
    {
        Busy(_all[1..]);
        for (var i = 1; i < 10; i++)
        {
            End(_all[i], Ms(1), 3);
        }

        // One draw in ten is the idle one: after 100 picks of a seeded run it has been drawn (but for a chance of 0.9^100).
        Assert.Contains(_all[0], Enumerable.Range(0, 100).Select(_ => _chooser.Pick([], default)));
    }

    [Theory]
    [InlineData(PickEnd.Failed)]
    [InlineData(PickEnd.Rejected)]
    [InlineData(PickEnd.Unknown)]
    public void A_worker_that_fails_at_once_looks_slow(PickEnd how)
    {
        Busy(_all);
        End(_all[0], Ms(300), 5);
        End(_all[1], Ms(1), 0, how);
        Assert.Equal(5, _all[1].Latest.Seconds);
        Assert.Equal("0", Picks(1));
    }

    [Fact]
    public void One_long_job_of_three_changes_no_latency()
    {
        End(_all[0], Ms(100), 5);
        End(_all[0], Ms(110), 5);
        End(_all[0], S(50), 5);
        Assert.Equal(0.11, _all[0].Latest.Seconds, 6);
    }

    [Fact]
    public void A_latency_is_that_of_answers_with_about_as_many_jobs_in_flight()
    {
        foreach (var (ms, inFlight) in new[] { (100, 1), (110, 1), (900, 9), (120, 1), (950, 9) })
        {
            End(_all[0], Ms(ms), inFlight);
        }

        // 9, 9 and the newest of the ones.
        Assert.Equal(0.9, _all[0].Latest.Seconds, 6);
    }

    [Fact]
    public void A_quantile_of_the_latest_is_that_of_a_sorted_list() => Seeded.Runs(2_000, random =>
    {
        var (size, share) = (random.Next(1, 80), random.Of([0.01, 0.5, 0.84, 1.0]));
        var quantile = new LatestQuantile(size, share);
        var seen = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            var number = random.Chance(0.8) ? random.Next(5) : random.NextDouble() * 100;
            quantile.Add(number);
            seen.Add(number);
            var latest = seen.TakeLast(size).Order().ToList();
            Assert.Equal(latest[(int)Math.Ceiling(share * latest.Count) - 1], quantile.Value);
        }
    });

    [Fact]
    public void Every_pick_is_the_one_that_a_naive_reading_makes() => Seeded.Runs(2_000, random =>
    {
        var seed = random.Next();
        var (chooser, naive) = (new Prequal(new Random(seed)), new NaivePrequal(new AtRandom(new Random(seed))));
        List<Candidate> all = [.. Candidates(random.Next(1, 40))];
        var now = S(random.Next(100));
        Rebuild();
        for (var step = 0; step < 150; step++)
        {
            now += Ms(random.Of([0, 0, 1, 1, 1, 10, 10, 100, 600, 15_000]) * random.NextDouble());
            if (random.Chance(0.02))
            {
                var gone = random.Of(all);
                gone.Leave();
                all.Remove(gone);
                all.Add(new Candidate(Up($"{100 + step}", 100 + step)));
                Rebuild();
            }

            var candidate = random.Of(all);
            if (random.Chance(0.7))
            {
                var counts = random.Chance(0.9) ? new JobCounts(99, random.Next(6)) : default;
                var ended = new EndedPick(1, random.Of(Enum.GetValues<PickEnd>()), Ms(random.Next(1, 20) * 100), counts);
                if (candidate.Jobs.Own > 0)
                {
                    candidate.Jobs.End(1, wasAccepted: true);
                }

                chooser.Ended(candidate, ended, now);
                naive.Ended(candidate, ended, now);
            }

            var leftOut = all.Where(_ => random.Chance(0.1)).ToArray();
            var picked = chooser.Pick(leftOut, now);
            Assert.Same(naive.Pick(leftOut, now), picked);
            picked?.Jobs.Give(1, isTold: true, now);
            picked?.Picked(step + 1);
        }

        void Rebuild()
        {
            chooser.Rebuild([.. all]);
            naive.Rebuild([.. all]);
        }
    });

    [Fact]
    public void Fast_workers_get_more_jobs_than_slow_ones_and_all_get_some()
    {
        // 5 fast and 5 slow workers, one job at a time each, 25 jobs under way: 20,000 jobs, seed 4053.
        var (now, ends, done) = (TimeSpan.Zero, new PriorityQueue<Candidate, TimeSpan>(), new Dictionary<Candidate, int>());
        var free = _all.ToDictionary(c => c, _ => TimeSpan.Zero);
        var sent = new Dictionary<Candidate, Queue<TimeSpan>>();
        for (var job = 0; job < 20_000; job++)
        {
            if (ends.Count == 25)
            {
                ends.TryDequeue(out var ended, out now);
                ended!.Jobs.End(1, wasAccepted: true);
                var took = now - sent[ended].Dequeue();
                _chooser.Ended(ended, new EndedPick(1, PickEnd.Done, took, new JobCounts(1, (int)ended.Jobs.Own)), now);
                done[ended] = done.GetValueOrDefault(ended) + 1;
            }

            var picked = _chooser.Pick([], now)!;
            picked.Jobs.Give(1, isTold: true, now);
            picked.Picked(job + 1);
            sent.TryAdd(picked, []);
            sent[picked].Enqueue(now);
            free[picked] = (free[picked] > now ? free[picked] : now) + Ms(Array.IndexOf(_all, picked) < 5 ? 10 : 40);
            ends.Enqueue(picked, free[picked]);
        }

        var fast = _all[..5].Sum(c => done.GetValueOrDefault(c));
        Assert.InRange(fast / (double)done.Values.Sum(), 0.7, 0.95);
        Assert.All(_all, c => Assert.True(done.GetValueOrDefault(c) > 20, c.Key.Id));
    }

    private static Candidate[] Candidates(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Candidate(Up(i.ToString(CultureInfo.InvariantCulture), i + 1)))];

    /// <summary>So many jobs that one of these that is drawn is the worst.</summary>
    private static void Busy(Candidate[] workers)
    {
        foreach (var worker in workers)
        {
            worker.Jobs.Give(1_000, isTold: true, default);
        }
    }

    private void End(Candidate candidate, TimeSpan took, int inFlight, PickEnd how = PickEnd.Done) =>
        _chooser.Ended(candidate, new EndedPick(1, how, took, new JobCounts(100, inFlight)), default);

    private string Picks(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => _chooser.Pick(None, default)!.Key.Id));

    /// <summary>Keeps every answer and sample there ever was, and looks at all of them each time.</summary>
    private sealed class NaivePrequal(AtRandom draw)
    {
        private readonly Dictionary<Candidate, List<(TimeSpan At, double Seconds, double InFlight)>> _answers = [];
        private readonly List<double> _seen = [];
        private readonly List<Sample> _pool = [];
        private int _removed;

        public void Rebuild(Candidate[] eligible)
        {
            draw.Rebuild(eligible);
            Remove(s => !s.Worker.IsEligible);
        }

        public void Ended(Candidate candidate, EndedPick ended, TimeSpan now)
        {
            if (ended.How is PickEnd.Unused or PickEnd.Cancelled)
            {
                return;
            }

            var inFlight = ended.Counts.Accepted > 0 ? ended.Counts.InFlight : candidate.InFlight;
            var slow = ended.How == PickEnd.Done ? 0 : Math.Max(5, Latency(candidate, now));
            if (!_answers.TryGetValue(candidate, out var answers) || now >= answers[^1].At + S(10))
            {
                _answers[candidate] = answers = [];
            }

            answers.Add((now, (float)Math.Max(slow, ended.Took.TotalSeconds), inFlight));
            _seen.Add(inFlight);
            if (!candidate.IsEligible)
            {
                return;
            }

            var sample = new Sample(candidate, inFlight, Latency(candidate, now), now);
            if (_pool.FindIndex(s => s.Worker == candidate) is var place and >= 0)
            {
                _pool[place] = sample;
            }
            else if (_pool.Count < 16)
            {
                _pool.Add(sample);
            }
            else
            {
                var leaves = _removed++ % 2 == 0 ? _pool.MinBy(s => s.At)! : _pool.OrderByDescending(Rank).First();
                _pool[_pool.IndexOf(leaves)] = sample;
            }
        }

        public Candidate? Pick(Candidate[] leftOut, TimeSpan now)
        {
            var drawn = draw.Pick(leftOut, now);
            if (drawn is null)
            {
                return null;
            }

            Remove(s => now - s.At > S(1));
            var usable = _pool.Where(s => !leftOut.Contains(s.Worker)).ToList();
            if (usable.Count < 2)
            {
                Candidate[] two = [drawn, draw.PickOther(drawn, leftOut) ?? drawn];
                return two.OrderBy(c => c.InFlight).ThenBy(c => c.LastPick).First();
            }

            if (!usable.Exists(s => s.Worker == drawn))
            {
                usable.Add(new Sample(drawn, drawn.InFlight, Latency(drawn, now), now));
            }

            var best = usable.OrderBy(Rank).First();
            best.InFlight++;
            if (++best.Uses == 2 && _pool.Contains(best))
            {
                Remove(s => s == best);
            }

            return best.Worker;
        }

        private (bool, double, double) Rank(Sample sample)
        {
            var latest = _seen.TakeLast(64).Order().ToList();
            var isHot = sample.InFlight > latest[(int)Math.Ceiling(0.84 * latest.Count) - 1];
            return (isHot, isHot ? 0 : sample.Seconds, sample.InFlight);
        }

        /// <summary>The last one takes the place of one that goes.</summary>
        private void Remove(Predicate<Sample> goes)
        {
            while (_pool.FindLastIndex(goes) is var place and >= 0)
            {
                _pool[place] = _pool[^1];
                _pool.RemoveAt(_pool.Count - 1);
            }
        }

        private double Latency(Candidate candidate, TimeSpan now)
        {
            if (!_answers.TryGetValue(candidate, out var answers) || now >= answers[^1].At + S(10))
            {
                return 0;
            }

            // Stable: of equally near ones the newest come first.
            var near = answers.TakeLast(5).Reverse().OrderBy(a => Math.Abs(a.InFlight - answers[^1].InFlight)).Take(3).Select(a => a.Seconds);
            var inOrder = near.Order().ToList();
            return inOrder.Count == 2 ? inOrder[1] : inOrder[inOrder.Count / 2];
        }

        private sealed class Sample(Candidate worker, double inFlight, double seconds, TimeSpan at)
        {
            public Candidate Worker => worker;

            public double Seconds => seconds;

            public TimeSpan At => at;

            public double InFlight { get; set; } = inFlight;

            public int Uses { get; set; }
        }
    }
}
