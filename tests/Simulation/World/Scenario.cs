using System.Globalization;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;

namespace AkkaLb.Simulation.World;

/// <summary>Everything that a run is made of: who takes part, how the world is tuned, and what happens when. The same scenario gives the same
/// run.</summary>
/// <remarks>It has a text of its own: a line for each setting and a line for each act. So a failure can be kept, read and changed by hand.</remarks>
internal sealed record Scenario
{
    private static readonly string[] Names =
        ["seed", "policy", "registry", "balancers", "workers", "clients", "capacity", "instances", "adapts", "finds-balancers", "mode", "services",
            "zones",
            "spite", "trouble"];

    public required long Seed { get; init; }

    public required string Policy { get; init; }

    /// <summary><c>etcd</c> or <c>embedded</c>.</summary>
    public required string Registry { get; init; }

    public required int Balancers { get; init; }

    public required int Workers { get; init; }

    public required int Clients { get; init; }

    /// <summary>Jobs that each worker accepts at once.</summary>
    public required int Capacity { get; init; }

    /// <summary>Instances of its actor; at most the capacity.</summary>
    public required int Instances { get; init; }

    /// <summary>Each second worker finds by itself how many jobs to run at once, up to its capacity.</summary>
    public bool Adapts { get; init; }

    /// <summary>Clients and workers find the balancers in etcd; else they have a list.</summary>
    public required bool FindsBalancers { get; init; }

    /// <summary>The balancers are a cluster, of which one decides; else each decides by itself. Only with etcd.</summary>
    public bool IsSingleton { get; init; }

    /// <summary>How many services there are. Workers and jobs belong to them in turn.</summary>
    public int Services { get; init; } = 1;

    /// <summary>How many zones there are. Workers and clients are in them in turn; with one they tell none.</summary>
    public int Zones { get; init; } = 1;

    public required SpitePoints Spite { get; init; }

    /// <summary>Until when there is trouble; then all of it stops.</summary>
    public required TimeSpan Trouble { get; init; }

    public required IReadOnlyList<Act> Acts { get; init; }

    /// <summary>Each has a worker.</summary>
    private int ServiceCount => Math.Clamp(Services, 1, Math.Max(1, Workers));

    /// <summary>The service of a worker or a job, by its number.</summary>
    public string ServiceOf(int number) =>
        number % ServiceCount is > 0 and var place ? Invariant($"s{place}") : WorkerService.Default;

    /// <summary>The zone of a worker or a client, by the number in its name.</summary>
    public string ZoneOf(string name) => Zones > 1
        ? Invariant($"z{int.Parse(name[(name.LastIndexOfAny(['w', 'c']) + 1)..], CultureInfo.InvariantCulture) % Zones}")
        : "";

    /// <summary>How a service is balanced.</summary>
    public ServiceRule RuleOf(string service) => RulesWith(BalancerLimits.Default).Of(service);

    /// <summary>How each service is balanced: each with another policy.</summary>
    public ServiceRules RulesWith(BalancerLimits limits)
    {
        var first = Core.Policies.Policy.All.ToList().FindIndex(p => p.Name == Policy);
        return new ServiceRules(RuleOf(0))
        {
            Named = [.. Enumerable.Range(1, ServiceCount - 1).Select(i => KeyValuePair.Create(ServiceOf(i), RuleOf(i)))],
        };

        ServiceRule RuleOf(int i) => new(Core.Policies.Policy.All[(first + i) % Core.Policies.Policy.All.Count], limits);
    }

    public override string ToString() => string.Join('\n', (string[])[
        Invariant($"seed {Seed}"),
        Invariant($"policy {Policy}"),
        Invariant($"registry {Registry}"),
        Invariant($"balancers {Balancers}"),
        Invariant($"workers {Workers}"),
        Invariant($"clients {Clients}"),
        Invariant($"capacity {Capacity}"),
        Invariant($"instances {Instances}"),
        Invariant($"adapts {(Adapts ? "yes" : "no")}"),
        Invariant($"finds-balancers {(FindsBalancers ? "yes" : "no")}"),
        Invariant($"mode {(IsSingleton ? "singleton" : "independent")}"),
        Invariant($"services {Services}"),
        Invariant($"zones {Zones}"),
        Invariant($"spite {(Spite == SpitePoints.None ? "none" : Spite.ToString().Replace(" ", "", StringComparison.Ordinal))}"),
        Invariant($"trouble {Trouble.TotalMilliseconds:0}"),
        .. Acts.OrderBy(a => a.At).Select(a => a.ToString()),
    ]) + "\n";

    /// <exception cref="FormatException">The text is no scenario; the message names the line.</exception>
    public static Scenario Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var acts = new List<Act>();
        var number = 0;
        foreach (var line in text.Split('\n').Select(l => l.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var (name, rest) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..]);
            if (char.IsAsciiDigit(line[0]))
            {
                acts.Add(Act.Parse(line) is { } act && World.Acts.ProblemIn(act) is null
                    ? act
                    : throw new FormatException(Invariant($"line {number} is no act, MILLISECONDS KIND WHO HOW: {line}")));
            }
            else if (!Names.Contains(name) || !values.TryAdd(name, rest))
            {
                throw new FormatException(Invariant($"line {number} is neither an act nor a setting that is given for the first time: {line}"));
            }
        }

        if (acts.FindAll(a => a.Kind is "job" or "ask").GroupBy(a => a.Words[2]).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new FormatException(Invariant($"two jobs have the number {twice.Key}"));
        }

        return new Scenario
        {
            Seed = long.TryParse(Value("seed"), CultureInfo.InvariantCulture, out var seed)
                ? seed
                : throw new FormatException($"\"seed\" is no number: {Value("seed")}"),
            Policy = Choice("policy", [.. Core.Policies.Policy.All.Select(p => p.Name)]),
            Registry = Choice("registry", "etcd", "embedded"),
            Balancers = Number("balancers", 1, 20),
            Workers = Number("workers", 1, 1000),
            Clients = Number("clients", 1, 1000),
            Capacity = Number("capacity", 1, 1000),
            Instances = Number("instances", 1, 1000),
            Adapts = values.ContainsKey("adapts") && Choice("adapts", "yes", "no") == "yes",
            IsSingleton = values.ContainsKey("mode") && Choice("mode", "independent", "singleton") == "singleton"
                && (Value("registry") == "etcd" ? true : throw new FormatException("\"mode singleton\" needs \"registry etcd\"")),
            Services = values.ContainsKey("services") ? Number("services", 1, 50) : 1,
            Zones = values.ContainsKey("zones") ? Number("zones", 1, 50) : 1,
            FindsBalancers = Choice("finds-balancers", "yes", "no") == "yes",
            Spite = Value("spite") == "none" ? SpitePoints.None
                : Enum.TryParse<SpitePoints>(Value("spite"), out var spite) ? spite
                : throw new FormatException($"\"spite\" is not known: {Value("spite")}"),
            Trouble = TimeSpan.FromMilliseconds(Number("trouble", 0, 3_600_000)),
            Acts = acts,
        };

        string Value(string name) => values.TryGetValue(name, out var value) ? value : throw new FormatException($"the line \"{name}\" is missing");

        int Number(string name, int min, int max) => int.TryParse(Value(name), CultureInfo.InvariantCulture, out var n) && n >= min && n <= max
            ? n
            : throw new FormatException(Invariant($"\"{name}\" is no whole number from {min} to {max}: {Value(name)}"));

        string Choice(string name, params string[] choices) => choices.Contains(Value(name))
            ? Value(name)
            : throw new FormatException($"\"{name}\" is none of {string.Join(", ", choices)}: {Value(name)}");
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>Something that happens at a time: a fault, its end, or a job that a client is given.</summary>
/// <param name="At">Since the start, whole milliseconds.</param>
/// <param name="Words">The kind first, then who and how; see <see cref="Acts"/>.</param>
internal sealed record Act(TimeSpan At, IReadOnlyList<string> Words)
{
    public string Kind => Words[0];

    public override string ToString() => FormattableString.Invariant($"{At.TotalMilliseconds:0} {string.Join(' ', Words)}");

    /// <summary>Null: it is none.</summary>
    public static Act? Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length >= 2 && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            ? new Act(TimeSpan.FromMilliseconds(ms), words[1..])
            : null;
    }

    public bool Equals(Act? other) => other is not null && At == other.At && Words.SequenceEqual(other.Words);

    public override int GetHashCode() => HashCode.Combine(At, Words.Count);
}
