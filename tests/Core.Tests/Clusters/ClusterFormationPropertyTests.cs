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

        AssertOneClusterStands(world);
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

        AssertOneClusterStands(world);
    });

    [Fact]
    public void A_cluster_outlives_a_registry_that_is_wiped_or_restored_and_nobody_ends() => Seeded.Runs(500, random =>
    {
        var world = Settled(random);
        LoseData(world, random);

        world.RunUntil(S(80), () => Assert.True(!world.Ended.Any(), world.ToString()));

        Assert.Equal(Addresses.Length, world.Alive.Count());
        AssertOneClusterStands(world);
    });

    [Fact]
    public void A_node_that_comes_or_crashes_while_the_registry_loses_its_data_ends_nobody_unless_it_forms_another_cluster() =>
        Seeded.Runs(1000, random =>
    {
        var world = Settled(random);
        LoseData(world, random);
        var formed = world.Clusters;
        world.StartNode("e", S(random.NextDouble() * 12));
        if (random.Chance(0.5))
        {
            var (who, when) = (random.Of(Addresses), S(random.NextDouble() * 12));
            world.Crash(who, when);
            world.StartNode(who, when + Ms(random.Next(1, 4000)));
        }

        world.RunUntil(S(120), () => Assert.True(world.Clusters > formed || !world.Ended.Any(), world.ToString()));

        AssertOneClusterStands(world);
    });

    /// <summary>At least one is alive, all that are have got into one cluster, and the registry names them.</summary>
    private static void AssertOneClusterStands(FormationWorld world)
    {
        Assert.True(world.Alive.Select(n => n.Cluster).Distinct().Count() == 1, world.ToString());
        Assert.True(world.Alive.All(n => n.IsReady && world.HasEntry(n)), world.ToString());
    }

    /// <summary>All four are in one cluster 20 s after they began, not always the first of their lives and of their clusters.</summary>
    private static FormationWorld Settled(Random random)
    {
        var world = Started(random);
        var livedBefore = random.Chance(0.5);
        foreach (var address in Addresses)
        {
            if (livedBefore)
            {
                world.Crash(address, S(5));
                world.StartNode(address, S(5) + Ms(random.Next(1, 4000)));
            }
        }

        world.BackUp(S(random.NextDouble() * 20));
        world.RunUntil(S(20), () => { });
        AssertOneClusterStands(world);
        return world;
    }

    /// <summary>Up to three times within 12 s.</summary>
    private static void LoseData(FormationWorld world, Random random)
    {
        for (var i = 0; i < random.Next(1, 4); i++)
        {
            var when = S(random.NextDouble() * 12);
            switch (random.Next(3))
            {
                case 0:
                    world.Wipe(when);
                    break;
                case 1:
                    world.BackUp(when * random.NextDouble());
                    world.Restore(when);
                    break;
                default:
                    world.Restore(when);
                    break;
            }
        }
    }

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
