using System.Globalization;
using AkkaLb.Core.Policies;

namespace AkkaLb.Simulation.World;

/// <summary>Draws scenarios. Each run has some kinds of fault only, some of them rare and some of them often: so that one kind does not always
/// hide what another would show.</summary>
/// <remarks>Groce et al., "Swarm Testing", ISSTA 2012.</remarks>
internal static class Swarm
{
    private static readonly string[] FaultKinds =
        ["kill", "freeze", "cut", "oneway", "reset", "clog", "stop", "etcd", "leader", "slow", "compact", "restore", "wipe", "isolate", "delete",
            "overwrite", "broken", "upgrade"];

    public static Scenario Draw(long seed)
    {
        var random = new Draws(seed).For("swarm");
        var isEmbedded = random.Chance(0.25);
        var balancers = isEmbedded ? 1 : 1 + random.Next(3);
        var workers = random.Chance(0.1) ? 1 + random.Next(50) : 1 + random.Next(8);
        var clients = random.Chance(0.1) ? 1 + random.Next(20) : 1 + random.Next(4);
        var capacity = random.Chance(0.4) ? 1 : 1 + random.Next(8);
        var scenario = new Scenario
        {
            Seed = seed,
            Policy = random.Of(Policy.All).Name,
            Registry = isEmbedded ? "embedded" : "etcd",
            Balancers = balancers,
            Workers = workers,
            Clients = clients,
            Capacity = capacity,
            Instances = random.Chance(0.7) ? capacity : 1 + random.Next(capacity),
            Adapts = new Draws(seed).For("adapts").Chance(0.3),
            FindsBalancers = !isEmbedded && random.Chance(0.5),
            IsSingleton = !isEmbedded && new Draws(seed).For("mode").Chance(0.25),
            Services = new Draws(seed).For("services") is var services && services.Chance(0.3) ? 1 + services.Next(Math.Min(3, workers)) : 1,
            Zones = new Draws(seed).For("zones") is var zones && zones.Chance(0.3) ? 1 + zones.Next(3) : 1,
            Spite = Points(random),
            Trouble = TimeSpan.FromSeconds(10 + random.Next(16)),
            Acts = [],
        };
        var acts = new List<Act>();
        Jobs(scenario, random, acts);
        if (scenario is { Adapts: true, Workers: 1, Instances: > 1 })
        {
            ManyJobs(scenario, new Draws(seed).For("many jobs"), acts);
        }

        if (new Draws(seed).For("cancels") is var cancels && cancels.Chance(0.3))
        {
            acts.AddRange([.. acts.Where(_ => cancels.Chance(0.2)).Select(job =>
                Make(job.At + cancels.Upto(TimeSpan.FromSeconds(3)), "cancel", job.Words[1], job.Words[2]))]);
        }

        var kinds = FaultKinds.Where(_ => random.Chance(0.3)).ToList();
        var faults = kinds.Count == 0 ? 0 : random.Next(1, 4 + random.Next(12));
        for (var i = 0; i < faults; i++)
        {
            Fault(scenario, random.Of(kinds), random, acts);
        }

        return scenario with { Acts = [.. acts.OrderBy(a => a.At)] };
    }

    private static SpitePoints Points(Random random) =>
        Enum.GetValues<SpitePoints>().Aggregate(SpitePoints.None, (points, point) => random.Chance(0.25) ? points | point : points);

    private static void Jobs(Scenario scenario, Random random, List<Act> acts)
    {
        var places = scenario.Workers * scenario.Capacity;
        var count = random.Chance(0.2) ? random.Next(3, 15) : random.Next(20, 120);
        var isOverloaded = random.Chance(0.25);
        for (var i = 0; i < count; i++)
        {
            // Some jobs come at once, most of them spread over the time.
            var at = random.Chance(0.2) ? TimeSpan.FromSeconds(random.Next(2, 12)) : random.Upto(scenario.Trouble);
            var ms = isOverloaded
                ? 200 + random.Next(3000)
                : random.Chance(0.1) ? random.Next(20_000) : random.Next(1 + Math.Min(2000, places * 300));
            if (random.Chance(0.03))
            {
                acts.Add(Make(
                    at, "ask", $"c{random.Next(scenario.Clients) + 1}", Number(i + 1), Number(1 + random.Next(5)), Number(random.Of([500, 10_000]))));
                continue;
            }

            var habit = random.Chance(0.85) ? "works" : random.Of(Nodes.Habits.All);
            acts.Add(Make(
                at, "job", $"c{random.Next(scenario.Clients) + 1}", Number(i + 1), random.Chance(0.5) ? "again" : "once", habit, Number(ms),
                Number(random.Of([500, 2000, 5000, 10_000, 20_000, 30_000]))));
        }
    }

    /// <summary>More than one place is enough for, all the time: an adaptive limit learns from hundreds of jobs.</summary>
    private static void ManyJobs(Scenario scenario, Random random, List<Act> acts)
    {
        for (var i = 0; i < 300; i++)
        {
            acts.Add(Make(
                random.Upto(scenario.Trouble), "job", $"c{random.Next(scenario.Clients) + 1}", Number(1000 + i), "again", "works",
                Number(50 + random.Next(100)), "20000"));
        }
    }

    private static void Fault(Scenario scenario, string kind, Random random, List<Act> acts)
    {
        var at = TimeSpan.FromSeconds(0.5) + random.Upto(scenario.Trouble - TimeSpan.FromSeconds(1));
        var end = at + Lasting(random);
        var (balancer, worker, client) = (
            Name('b', scenario.Balancers, random), Name('w', scenario.Workers, random), Name('c', scenario.Clients, random));
        var anyone = random.Of([balancer, worker, worker, client]);
        var other = anyone == worker ? random.Of([balancer, client]) : anyone == client ? random.Of([balancer, worker, worker]) : worker;
        switch (kind)
        {
            case "kill":
                // A client that is killed has lost its jobs: nobody waits for them any more.
                var victim = random.Of([balancer, worker, worker]);
                acts.Add(Make(at, "kill", victim));
                acts.Add(Make(end, "start", victim));
                break;
            case "freeze":
                acts.Add(Make(at, "freeze", anyone));
                acts.Add(Make(end, "thaw", anyone));
                break;
            case "cut":
                acts.Add(Make(at, "cut", anyone, other));
                acts.Add(Make(end, "heal", anyone, other));
                break;
            case "oneway":
                acts.Add(Make(at, "oneway", anyone, other));
                acts.Add(Make(end, "heal", anyone, other));
                break;
            case "reset":
                acts.Add(Make(at, "reset", anyone, other));
                acts.AddRange(Enumerable.Range(0, random.Next(5)).Select(_ => Make(random.Upto(scenario.Trouble), "reset", client, balancer)));
                break;
            case "clog":
                acts.Add(Make(at, "clog", anyone, other, Number(random.Next(2000))));
                acts.Add(Make(end, "clog", anyone, other, "0"));
                break;
            case "stop":
                var leaver = random.Of([balancer, worker, worker, client]);
                acts.Add(Make(at, "stop", leaver));
                acts.Add(Make(end + TimeSpan.FromSeconds(8), "start", leaver));
                break;
            case "upgrade":
                Upgrade(scenario, at, random, acts);
                break;
            case "etcd":
                acts.Add(Make(at, "etcd-down"));
                acts.Add(Make(end, "etcd-up"));
                break;
            case "leader":
                acts.Add(Make(at, "etcd-leader"));
                break;
            case "slow":
                acts.Add(Make(at, "etcd-slow", Number(random.Next(3000))));
                acts.Add(Make(end, "etcd-slow", "0"));
                break;
            case "compact":
                acts.Add(Make(at, "etcd-compact"));
                break;
            case "restore":
                acts.Add(Make(at, "etcd-backup"));
                acts.Add(Make(end, "etcd-restore"));
                break;
            case "wipe":
                acts.Add(Make(at, "etcd-wipe"));
                break;
            case "isolate":
                var lonely = random.Of([balancer, worker]);
                acts.Add(Make(at, "isolate", lonely));
                acts.Add(Make(end, "rejoin", lonely));
                break;
            case "delete":
                acts.Add(Make(at, "delete", worker));
                break;
            case "overwrite":
                acts.Add(Make(at, "overwrite", worker, random.Chance(0.5) ? "leased" : "bare"));
                break;
            default:
                acts.Add(Make(at, "broken", worker));
                acts.Add(Make(end, "mended", worker));
                break;
        }
    }

    private static void Upgrade(Scenario scenario, TimeSpan at, Random random, List<Act> acts)
    {
        var step = TimeSpan.FromSeconds(1 + random.Next(4));
        foreach (var (letter, count) in new[] { ('w', scenario.Workers), ('b', scenario.Balancers) })
        {
            for (var i = 1; i <= Math.Min(count, 6); i++)
            {
                var name = $"{letter}{Number(i)}";
                acts.Add(Make(at, "stop", name));
                acts.Add(Make(at + step, "start", name));
                at += step;
            }
        }
    }

    /// <summary>Mostly short, sometimes longer than a lease or than a silence that is believed.</summary>
    private static TimeSpan Lasting(Random random) => TimeSpan.FromSeconds(0.05) + (random.Next(4) switch
    {
        0 => random.Upto(TimeSpan.FromSeconds(0.5)),
        1 or 2 => random.Upto(TimeSpan.FromSeconds(6)),
        _ => random.Upto(TimeSpan.FromSeconds(20)),
    });

    private static string Name(char letter, int count, Random random) => $"{letter}{Number(random.Next(count) + 1)}";

    private static Act Make(TimeSpan at, params string[] words) => new(TimeSpan.FromMilliseconds(Math.Floor(at.TotalMilliseconds)), words);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
