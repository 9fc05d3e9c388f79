namespace AkkaLb.Bench.Speed;

/// <summary>Measures the contenders in turns, so that whatever else the machine does meets all of them alike.</summary>
internal sealed class Contest
{
    private readonly Options _options;
    private readonly List<Contender> _contenders;
    private readonly Dictionary<Party, Pair> _pairs;
    private readonly Results _results = new();

    private Contest(Options options, List<Contender> contenders, Dictionary<Party, Pair> pairs) =>
        (_options, _contenders, _pairs) = (options, contenders, pairs);

    /// <summary>Starts the processes, measures and prints.</summary>
    /// <exception cref="OptionsException">Nobody is left to be measured.</exception>
    /// <exception cref="InvalidOperationException">One of the processes failed.</exception>
    public static async Task RunAsync(Options options)
    {
        var wanted = Contenders.All.Where(options.Wants).ToList();
        var contenders = wanted.Where(c => Peers.IsBuilt(c.Party, options.Peers)).ToList();
        Console.WriteLine(Report.Machine);
        Console.WriteLine(Report.Plan(options));
        if (wanted.Except(contenders).ToList() is { Count: > 0 } missing)
        {
            Console.WriteLine(Report.NotBuilt(missing, options));
        }

        if (contenders.Count == 0)
        {
            throw new OptionsException("nobody is left to be measured");
        }

        // For all alike: web programs have server GC of themselves.
        Environment.SetEnvironmentVariable("DOTNET_gcServer", "0");
        var pairs = new Dictionary<Party, Pair>();
        foreach (var party in contenders.Select(c => c.Party).Distinct())
        {
            pairs[party] = await Pair.StartAsync(party, Peers.PathOf(party, options.Peers));
        }

        await new Contest(options, contenders, pairs).RunAsync();
    }

    private async Task RunAsync()
    {
        await WarmUpAsync();
        foreach (var inFlight in Results.InFlight)
        {
            await MeasureAsync(inFlight);
        }

        Print(Report.Slices(_results, _contenders));
        Print(Report.Bounds(_results));
    }

    private async Task WarmUpAsync()
    {
        foreach (var inFlight in Results.InFlight)
        {
            Tell($"warm-up with {inFlight} in flight");
            foreach (var contender in _contenders)
            {
                await SliceAsync(contender, inFlight, _options.WarmUp / Results.InFlight.Count);
            }
        }
    }

    private async Task MeasureAsync(int inFlight)
    {
        for (var round = 0; round < _options.Rounds; round++)
        {
            Tell($"round {round + 1} of {_options.Rounds} with {inFlight} in flight");
            // The order changes, so that a load that rises or falls favours nobody.
            foreach (var contender in round % 2 == 0 ? _contenders : Enumerable.Reverse(_contenders))
            {
                _results.Add(contender, inFlight, await SliceAsync(contender, inFlight, _options.Slice));
            }
        }
    }

    private Task<Slice> SliceAsync(Contender contender, int inFlight, TimeSpan time) =>
        _pairs[contender.Party].SliceAsync(contender.Call, inFlight, time);

    /// <summary>How far it is; the report stays apart from it.</summary>
    private static void Tell(string line) => Console.Error.WriteLine(line);

    private static void Print(IEnumerable<string> lines)
    {
        Console.WriteLine();
        foreach (var line in lines)
        {
            Console.WriteLine(line);
        }
    }
}
