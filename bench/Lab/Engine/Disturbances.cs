using AkkaLb.Bench.Lab.Work;

namespace AkkaLb.Bench.Lab.Engine;

/// <summary>What happens to workers beside their jobs: some are killed and come again, some slow down.</summary>
internal static class Disturbances
{
    public static void Plan(Setting setting, World world)
    {
        var streams = new Streams(setting.Seed);
        if (setting.KillEvery > 0)
        {
            var random = streams.Of("kills");
            world.Agenda.At(setting.KillEvery, () => KillOne(setting, world, random));
        }

        world.WarmedUp = () => SlowDown(setting, world, streams.Of("slow"));
    }

    /// <summary>Any that is up, as long as another one is; then it is the next one's turn, unless all jobs have been submitted.</summary>
    private static void KillOne(Setting setting, World world, Random random)
    {
        if (world.IsEverythingSubmitted)
        {
            return;
        }

        int[] up = [.. Enumerable.Range(0, world.Stations.Count).Where(i => world.Stations[i].IsUp)];
        if (up.Length > 1)
        {
            var worker = up[random.Next(up.Length)];
            world.Kill(worker);
            world.Agenda.After(setting.DownFor, () => world.Return(worker));
        }

        world.Agenda.After(setting.KillEvery, () => KillOne(setting, world, random));
    }

    private static void SlowDown(Setting setting, World world, Random random)
    {
        int[] workers = [.. Enumerable.Range(0, world.Stations.Count)];
        random.Shuffle(workers);
        foreach (var worker in workers.Take((int)Math.Round(setting.Slow * workers.Length)))
        {
            world.ChangeSpeed(worker, world.Stations[worker].NominalSpeed * setting.SlowFactor);
        }
    }
}
