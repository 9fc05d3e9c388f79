using AkkaLb.BuiltInJobs;
using AkkaLb.Client;
using AkkaLb.Core.Clients;
using AkkaLb.Scenarios.Cluster;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios;

public sealed class ChaosScenarios(ITestOutputHelper output) : Scenario(output)
{
    private const int Jobs = 2000;
    private const int AtOnce = 32;
    private const int JobsPerEvent = 200;

    private static readonly WorkerOptions BuiltIn = new() { Actor = BuiltInWorker.Props(), Ttl = TimeSpan.FromSeconds(2) };
    private static readonly JobOptions Patient = new() { Deadline = TimeSpan.FromMinutes(1), IsIdempotent = true };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_idempotent_job_is_done_while_workers_join_leave_and_are_killed(int seed)
    {
        var random = new Random(seed);
        var workers = new List<LoopbackWorker>();
        for (var i = 0; i < 4; i++)
        {
            workers.Add(await Cluster.AddWorkerAsync($"w{i}", BuiltIn));
        }

        var client = await Cluster.ConnectAsync();
        var done = new Observed<int>("the number of jobs done", 0);
        var resends = 0;
        var load = Load.RunAsync(Jobs, AtOnce, async i =>
        {
            var outcome = (await client.RunAsync(new SleepJob(TimeSpan.FromMilliseconds(20 + (i % 5 * 10))), Patient)).Outcome;
            Assert.True(outcome is JobOutcome.Done, outcome.ToString());
            Interlocked.Add(ref resends, outcome.Sends - 1);
            done.Update(n => n + 1);
        });

        var leaving = new List<Task>();
        for (var due = JobsPerEvent; due < Jobs; due += JobsPerEvent)
        {
            await Task.WhenAny(done.UntilAsync(n => n >= due), load);
            var what = workers.Count <= 2 ? 0 : random.Next(3);
            var one = workers[random.Next(workers.Count)];
            switch (what)
            {
                case 0:
                    workers.Add(await Cluster.AddWorkerAsync($"late{due}", BuiltIn));
                    break;
                case 1:
                    workers.Remove(one);
                    leaving.Add(one.LeaveAsync());
                    break;
                default:
                    workers.Remove(one);
                    await one.KillAsync();
                    break;
            }
        }

        await load;
        await Task.WhenAll(leaving);
        Assert.Equal(Jobs, done.Value);
        Assert.NotEqual(0, resends);
    }
}
