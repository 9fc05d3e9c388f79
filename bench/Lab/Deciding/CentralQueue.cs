using AkkaLb.Bench.Lab.Engine;

namespace AkkaLb.Bench.Lab.Deciding;

/// <summary>A limit: one queue for all workers, first come first served. A job leaves it when a slot is free, for the fastest worker that has one; of
/// equally fast ones for the one with the fewest jobs, then any.</summary>
/// <remarks>A worker never has more jobs than slots, so both disciplines are the same under it. With workers of one speed it is M/M/k.</remarks>
internal sealed class CentralQueue(Random random) : IDispatcher
{
    private readonly Queue<int> _waiting = new();
    private World _world = null!;

    public double AnswerDelay => 0;

    public void Begin(World world) => _world = world;

    public void Submitted(int job)
    {
        _waiting.Enqueue(job);
        GiveFirst();
    }

    public void Ended(int job, int worker) => GiveFirst();

    public void Lost(IReadOnlyList<int> jobs, int worker)
    {
        foreach (var job in jobs)
        {
            Submitted(job);
        }
    }

    public void Returned(int worker) => GiveFirst();

    private void GiveFirst()
    {
        while (_world.FreeStations > 0 && _waiting.TryDequeue(out var job))
        {
            _world.Give(job, Fastest());
        }
    }

    private int Fastest()
    {
        var choice = new LeastOf(random);
        for (var worker = 0; worker < _world.Stations.Count; worker++)
        {
            var station = _world.Stations[worker];
            if (station.HasFreeSlot)
            {
                choice.Offer(worker, -station.Speed, station.InSystem);
            }
        }

        return choice.Worker;
    }
}
