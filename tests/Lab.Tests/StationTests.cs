using AkkaLb.Bench.Lab.Engine;

namespace AkkaLb.Lab.Tests;

public class StationTests
{
    [Fact]
    public void Jobs_wait_behind_the_slots_and_run_at_full_speed()
    {
        var ends = Ends(new Station(speed: 2, slots: 1, Discipline.Fifo), [(0, 4), (1, 2), (9, 2)]);
        Assert.Equal([2.0, 3.0, 10.0], ends);
    }

    [Fact]
    public void Jobs_share_the_slots_equally()
    {
        // Alone until 1, then two at half speed each until the second is done at 3, then alone again.
        var ends = Ends(new Station(speed: 1, slots: 1, Discipline.Shared), [(0, 3), (1, 1)]);
        Assert.Equal([4.0, 3.0], ends);
    }

    [Fact]
    public void Up_to_as_many_as_there_are_slots_nobody_is_slowed_down()
    {
        var ends = Ends(new Station(speed: 1, slots: 2, Discipline.Shared), [(0, 3), (1, 1)]);
        Assert.Equal([3.0, 2.0], ends);
    }

    [Fact]
    public void A_job_without_work_ends_when_it_comes()
    {
        Assert.Equal([5.0], Ends(new Station(speed: 1, slots: 1, Discipline.Shared), [(5, 0)]));
    }

    [Theory]
    [InlineData("Fifo")]
    [InlineData("Shared")]
    public void Ends_are_those_of_small_steps_in_which_each_job_progresses_by_itself(string discipline)
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            var (speed, slots, at) = (0.5 + random.NextDouble(), random.Next(1, 4), 0.0);
            var jobs = Enumerable.Range(0, 15).Select(_ => (At: at += random.NextDouble(), Work: 2 * random.NextDouble())).ToArray();
            var kind = Enum.Parse<Discipline>(discipline);
            var expected = SmallSteps(speed, slots, kind, jobs);
            var ends = Ends(new Station(speed, slots, kind), jobs);
            Assert.All(ends.Zip(expected), pair => Assert.True(Math.Abs(pair.First - pair.Second) < 0.02, $"seed {seed}: {pair}"));
        }
    }

    private static double[] Ends(Station station, (double At, double Work)[] jobs)
    {
        var ends = new double[jobs.Length];
        for (var next = 0; next < jobs.Length || station.InSystem > 0;)
        {
            if (station.NextEnd is { } end && (next == jobs.Length || end <= jobs[next].At))
            {
                ends[station.TakeEnded(end)] = end;
            }
            else
            {
                station.Add(next, jobs[next].Work, jobs[next].At);
                next++;
            }
        }

        return ends;
    }

    private static double[] SmallSteps(double speed, int slots, Discipline discipline, (double At, double Work)[] jobs)
    {
        const double Step = 0.001;
        var ends = new double[jobs.Length];
        var left = jobs.Select(job => job.Work).ToArray();
        var present = new List<int>();
        for (var (step, next) = (0, 0); next < jobs.Length || present.Count > 0; step++)
        {
            for (; next < jobs.Length && jobs[next].At <= step * Step; next++)
            {
                present.Add(next);
            }

            var running = discipline == Discipline.Fifo ? present.Take(slots) : present;
            var rate = discipline == Discipline.Fifo ? speed : speed * Math.Min(1, (double)slots / present.Count);
            foreach (var job in running.ToList())
            {
                left[job] -= Step * rate;
                if (left[job] <= 0)
                {
                    ends[job] = step * Step;
                    present.Remove(job);
                }
            }
        }

        return ends;
    }
}
