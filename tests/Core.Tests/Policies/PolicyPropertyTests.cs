using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Tests.Policies;

/// <summary>What holds of the policies whatever happens, seen through the balancer.</summary>
public class PolicyPropertyTests
{
    [Theory]
    [InlineData(Policy.RoundRobin)]
    [InlineData(Policy.PickFirst)]
    [InlineData(Policy.LeastLoad)]
    public void Every_pick_is_the_one_a_naive_reading_of_the_policy_makes(string policy) => Seeded.Runs(2_000, random =>
    {
        var balancer = new RandomBalancer(policy, random);
        var naive = new NaivePolicy(policy);
        for (var step = 0; step < 150; step++)
        {
            balancer.Step();
            for (var picks = random.Next(4); picks > 0; picks--)
            {
                var leaveOut = balancer.RandomLeaveOut();
                Assert.Equal(naive.Pick(balancer.Members, leaveOut, balancer.Now)?.Key, balancer.Pick(leaveOut));
            }
        }
    });

    [Theory]
    [InlineData(Policy.LeastRequests)]
    [InlineData(Policy.ShortestDelay)]
    [InlineData(Policy.FirstFree)]
    public void Every_pick_is_the_least_of_all_by_the_estimate_of_jobs_in_flight(string policy) => Seeded.Runs(2_000, random =>
    {
        var balancer = new RandomBalancer(policy, random);
        for (var step = 0; step < 150; step++)
        {
            balancer.Step();
            for (var picks = random.Next(4); picks > 0; picks--)
            {
                var leaveOut = balancer.RandomLeaveOut();
                balancer.Settle();
                var least = balancer.Members.Where(m => m.IsUp && !leaveOut.Contains(m.Key)).Select(balancer.Of)
                    .Where(c => policy != Policy.FirstFree || c.InFlight + 0.5 <= c.Places)
                    .OrderBy(c => policy switch
                    {
                        Policy.LeastRequests => c.InFlight,
                        Policy.ShortestDelay => (c.InFlight + 1) / c.Places,
                        _ => (1 + (c.InFlight / c.Places * 1e-6)) / 100,
                    })
                    .ThenBy(c => c.LastPick).ThenBy(c => c.Order).FirstOrDefault();
                Assert.Equal(least?.Key, balancer.Pick(leaveOut));
            }
        }
    });

    [Fact]
    public void Of_two_workers_power_of_two_picks_the_one_with_less() => Seeded.Runs(2_000, random =>
    {
        var balancer = new RandomBalancer(Policy.PowerOfTwo, random);
        balancer.Join();
        balancer.Join();
        for (var picks = 0; picks < 50; picks++)
        {
            balancer.Settle();
            var (a, b) = (balancer.Of(balancer.Members[0]), balancer.Of(balancer.Members[1]));
            var (ofA, ofB) = ((a.InFlight + 1) / a.Places, (b.InFlight + 1) / b.Places);
            var less = ofA < ofB || (ofA == ofB && a.LastPick < b.LastPick) ? a : b;
            if (ofA != ofB || a.LastPick != b.LastPick)
            {
                Assert.Equal(less.Key, balancer.Pick([]));
            }
            else
            {
                Assert.NotNull(balancer.Pick([]));
            }
        }
    });

    public static TheoryData<string, int> PoliciesAndPauses()
    {
        var data = new TheoryData<string, int>();
        foreach (var policy in Policy.All)
        {
            data.Add(policy.Name, 0);
            data.Add(policy.Name, 2000);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(PoliciesAndPauses))]
    public void Nobody_is_picked_who_left_drains_or_is_left_out_also_while_the_tables_wait_to_be_rebuilt(string policy, int pauseMs) =>
        Seeded.Runs(policy == Policy.Maglev ? 50 : 1_000, random =>
        {
            var balancer = new RandomBalancer(policy, random, Build.Ms(pauseMs));
            for (var step = 0; step < 150; step++)
            {
                balancer.Step();
                var leaveOut = balancer.RandomLeaveOut();
                if (balancer.Pick(leaveOut) is { } picked)
                {
                    Assert.Contains(balancer.Members, m => m.Key == picked && m.IsUp);
                    Assert.DoesNotContain(picked, leaveOut);
                }
                else if (policy != Policy.LeastLoad)
                {
                    // A join that waits for its place in the tables keeps nobody waiting.
                    Assert.DoesNotContain(
                        balancer.Members,
                        m => m.IsUp && !leaveOut.Contains(m.Key) && (policy != Policy.FirstFree || balancer.Of(m).HasFreePlace));
                }
            }
        });

    [Fact]
    public void The_eligible_stand_in_registration_order_however_many_changes_are_put_into_the_tables_together() => Seeded.Runs(1_000, random =>
    {
        var balancer = new RandomBalancer(Policy.LeastLoad, random, Build.S(1000));
        for (var batch = 0; batch < 20; batch++)
        {
            for (var steps = random.Next(20); steps >= 0; steps--)
            {
                balancer.Step();
            }

            Assert.Equal(balancer.Members.Where(m => m.IsUp).OrderBy(m => m.Order).Select(m => m.Key), balancer.Eligible);
        }
    });

    [Fact]
    public void Round_robins_counts_over_a_stable_stretch_differ_by_at_most_one_among_those_not_left_out() => Seeded.Runs(2_000, random =>
    {
        var balancer = new RandomBalancer(Policy.RoundRobin, random);
        for (var stretch = 0; stretch < 20; stretch++)
        {
            for (var steps = random.Next(6); steps >= 0; steps--)
            {
                balancer.Step();
            }

            var leaveOut = random.Chance(0.5) ? [] : balancer.RandomLeaveOut();
            var counts = balancer.Members.Where(m => m.IsUp && !leaveOut.Contains(m.Key)).ToDictionary(m => m.Key, _ => 0);
            for (var picks = counts.Count == 0 ? 0 : random.Next(40); picks > 0; picks--)
            {
                counts[balancer.Pick(leaveOut)!.Value]++;
            }

            Assert.True(counts.Count == 0 || counts.Values.Max() - counts.Values.Min() <= 1, string.Join(' ', counts));
        }
    });
}
