using AkkaLb.Bench.Lab.Deciding;
using AkkaLb.Bench.Lab.Engine;

namespace AkkaLb.Bench.Lab.Validation;

/// <summary>The supermarket model: each job draws so many workers, with replacement as in the paper, and joins the one with the fewest
/// jobs.</summary>
internal sealed class SampledQueues(int choices, Random random) : IDispatcher
{
    private World _world = null!;

    public double AnswerDelay => 0;

    public void Begin(World world) => _world = world;

    public void Submitted(int job)
    {
        var choice = new LeastOf(random);
        for (var i = 0; i < choices; i++)
        {
            var worker = random.Next(_world.Stations.Count);
            choice.Offer(worker, _world.Stations[worker].InSystem);
        }

        _world.Give(job, choice.Worker);
    }

    public void Ended(int job, int worker)
    {
    }

    public void Lost(IReadOnlyList<int> jobs, int worker) => throw new NotSupportedException("nobody is killed in the model");

    public void Returned(int worker)
    {
    }
}
