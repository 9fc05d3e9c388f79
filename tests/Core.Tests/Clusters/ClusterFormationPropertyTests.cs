using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clusters;

public class ClusterFormationPropertyTests
{
    private static readonly string[] Addresses = ["a", "b", "c", "d"];

    [Fact]
    public void Nodes_that_start_together_form_one_cluster_whoever_crashes_and_whatever_answer_is_lost() => Seeded.Runs(500, random =>
    {
        var world = Started(random);
        for (var i = 0; i < random.Next(4); i++)
        {
            var (who, when) = (random.Of(Addresses), S(random.NextDouble() * 6));
            world.Crash(who, when);
            world.StartNode(who, when + Ms(random.Next(1, 4000)));
        }

        // As long as no lease of a living node runs out there is never more than one cluster with a member that is ready.
        world.RunUntil(S(60), () => Assert.True(world.Alive.Where(n => n.IsReady).Select(n => n.Cluster).Distinct().Count() <= 1, world.ToString()));

        Assert.True(world.Alive.All(n => n.IsReady && world.HasEntry(n)), world.ToString());
    });

    [Fact]
    public void After_pauses_longer_than_a_lease_one_cluster_is_left_and_the_others_have_ended() => Seeded.Runs(500, random =>
    {
        var world = Started(random);
        for (var i = 0; i < random.Next(1, 5); i++)
        {
            world.Pause(random.Of(Addresses), S(random.NextDouble() * 6), S(random.NextDouble() * 5));
        }

        world.RunUntil(S(60), () => { });

        Assert.True(world.Alive.Select(n => n.Cluster).Distinct().Count() <= 1, world.ToString());
        Assert.True(world.Alive.All(n => n.IsReady && world.HasEntry(n)), world.ToString());
    });

    private static FormationWorld Started(Random random)
    {
        var world = new FormationWorld(random);
        foreach (var address in Addresses)
        {
            world.StartNode(address, Ms(random.Chance(0.5) ? 0 : random.Next(2000)));
        }

        return world;
    }
}
