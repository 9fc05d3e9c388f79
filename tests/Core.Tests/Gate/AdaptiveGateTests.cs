namespace AkkaLb.Core.Tests.Gate;

/// <summary>A gate that finds by itself how many jobs to run at once.</summary>
public class AdaptiveGateTests
{
    [Fact]
    public void It_runs_no_more_than_the_limit_and_holds_no_more_than_its_places_and_the_queue()
    {
        var gate = new GateBench(8, 8, firstLimit: 2, queue: 1);
        Assert.Equal(4, gate.Core.Places);
        Assert.Equal("start 1 on i0", gate.Job(1));
        Assert.Equal("start 2 on i1", gate.Job(2));
        Assert.Equal("", gate.Job(3));
        Assert.Equal("", gate.Job(4));
        Assert.Equal("", gate.Job(5));
        Assert.Equal("rejected 6 OverCapacity", gate.Job(6));
        Assert.Equal("done 1, start 3 on i2", gate.Reply(1));
    }

    [Fact]
    public void Jobs_that_do_not_slow_each_other_down_come_to_run_on_all_instances()
    {
        var (gate, limits) = Work(jobs: 2000, secondsOf: _ => 1);
        Assert.Equal((8, 8), (gate.Core.Places, limits[^1]));
        Assert.Equal(limits.Order(), limits);
    }

    [Fact]
    public void Jobs_that_share_one_processor_come_to_run_one_by_one()
    {
        var (gate, limits) = Work(jobs: 2000, secondsOf: running => running);
        Assert.Equal(1, limits[^1]);
        Assert.InRange(gate.Core.Places, 1, 2);
    }

    [Fact]
    public void With_a_fixed_capacity_it_tells_no_places() => Assert.Equal(0, new GateBench(8, 8).Core.Places);

    /// <summary>Keeps the gate full, and ends all running jobs together.</summary>
    /// <returns>Also the limits that were to be logged.</returns>
    private static (GateBench Gate, List<int> Limits) Work(int jobs, Func<int, double> secondsOf)
    {
        var gate = new GateBench(8, 8, firstLimit: 4, queue: 4);
        var (running, limits, token) = (new Queue<(long Token, int Instance)>(), new List<int>(), 0L);
        for (var ended = 0; ended < jobs;)
        {
            while (gate.Core.JobsHeld < gate.Core.Places + 4)
            {
                Note(gate.Job(++token, seconds: 1e6));
            }

            var together = running.Count;
            gate.Wait(secondsOf(together));
            for (var i = 0; i < together; i++, ended++)
            {
                var (done, instance) = running.Dequeue();
                Note(gate.Reply(done));
                Note(gate.Idle(instance));
            }
        }

        return (gate, limits);

        void Note(string effects)
        {
            foreach (var words in effects.Split(", ").Select(e => e.Split(' ')))
            {
                if (words[0] == "start")
                {
                    running.Enqueue((long.Parse(words[1], null), int.Parse(words[3][1..], null)));
                }
                else if (words[0] == "limit")
                {
                    limits.Add(int.Parse(words[1], null));
                }
            }
        }
    }
}
