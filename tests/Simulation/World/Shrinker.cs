using AkkaLb.Simulation.Checks;

namespace AkkaLb.Simulation.World;

/// <summary>Makes of a scenario that breaks a rule the shortest it can find that breaks the same rule.</summary>
/// <remarks>Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002: halves, then quarters and so on of the acts are
/// left out. Besides, fewer take part, spite is switched off, and the trouble ends earlier.</remarks>
internal sealed class Shrinker(string rule, Planted planted, int runsMax)
{
    public int Runs { get; private set; }

    public Scenario Shrink(Scenario scenario)
    {
        var smallest = scenario;
        for (var before = long.MaxValue; SizeOf(smallest) < before;)
        {
            before = SizeOf(smallest);
            smallest = WithFewerActs(smallest);
            smallest = Simplified(smallest);
        }

        return smallest;
    }

    private static long SizeOf(Scenario s) =>
        (s.Acts.Count * 1000L) + (100 * (s.Balancers + s.Workers + s.Clients)) + (10 * s.Capacity) + (long)s.Trouble.TotalSeconds
            + System.Numerics.BitOperations.PopCount((uint)s.Spite) + (s.Adapts ? 1 : 0);

    private Scenario WithFewerActs(Scenario scenario)
    {
        for (var parts = 2; scenario.Acts.Count > 0;)
        {
            var size = Math.Max(1, (scenario.Acts.Count + parts - 1) / parts);
            var shorter = Enumerable.Range(0, parts)
                .Select(i => scenario with { Acts = [.. scenario.Acts.Take(i * size), .. scenario.Acts.Skip((i + 1) * size)] })
                .FirstOrDefault(s => s.Acts.Count < scenario.Acts.Count && Fails(s));
            if (shorter is not null)
            {
                scenario = shorter;
                parts = Math.Max(2, parts - 1);
            }
            else if (size == 1)
            {
                break;
            }
            else
            {
                parts = Math.Min(parts * 2, scenario.Acts.Count);
            }
        }

        return scenario;
    }

    private Scenario Simplified(Scenario s)
    {
        IEnumerable<Func<Scenario, Scenario>> ways =
        [
            x => x with { Clients = x.Clients - 1 },
            x => x with { Workers = Math.Max(1, x.Workers / 2) },
            x => x with { Workers = x.Workers - 1 },
            x => x with { Balancers = x.Balancers - 1 },
            x => x with { Capacity = 1, Instances = 1 },
            x => x with { Instances = x.Capacity },
            x => x with { Adapts = false },
            x => x with { FindsBalancers = false },
            x => x with { IsSingleton = false },
            x => x with { Services = 1 },
            x => x with { Policy = Core.Policies.Policy.PickFirst },
            x => x with { Trouble = x.Trouble / 2 },
            x => x with { Trouble = x.Acts.Count == 0 ? TimeSpan.FromSeconds(1) : x.Acts[^1].At + TimeSpan.FromSeconds(1) },
            .. Enum.GetValues<SpitePoints>().Select(point => (Func<Scenario, Scenario>)(x => x with { Spite = x.Spite & ~point })),
        ];
        foreach (var way in ways)
        {
            while (way(s) is { Clients: > 0, Workers: > 0, Balancers: > 0 } simpler && SizeOf(simpler) < SizeOf(s) && Fails(simpler))
            {
                s = simpler;
            }
        }

        return s;
    }

    private bool Fails(Scenario scenario) => Runs++ < runsMax && Run.Of(scenario, planted).Rules.Contains(rule);
}
