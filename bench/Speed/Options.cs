using System.Globalization;

namespace AkkaLb.Bench.Speed;

/// <summary>What the command line asks for.</summary>
/// <param name="Slice">How long a contender is measured at a time before it is the next one's turn.</param>
/// <param name="WarmUp">How long each contender runs before anything counts: tiered JIT continues for about 10 s.</param>
/// <param name="Rounds">How often each contender gets its slice, with each number in flight.</param>
/// <param name="Only">Texts of which a contender's name has to hold one; empty: all contenders.</param>
/// <param name="Peers">Where the built peers lie; null: where the repository has them.</param>
internal sealed record Options(TimeSpan Slice, TimeSpan WarmUp, int Rounds, IReadOnlyList<string> Only, string? Peers)
{
    public const string Usage =
        """
        dotnet run -c Release --project bench/Speed -- [--seconds N] [--rounds N] [--warm-up N] [--quick] [--only TEXT] [--peers FOLDER]

          --seconds N      seconds of each slice (0.5); short ones share the same disturbances
          --rounds N       slices of each contender and each number in flight, in alternating order (7; at least 5)
          --warm-up N      seconds that each contender runs before anything counts (10)
          --quick          slices of 0.1 s, 5 rounds, a warm-up of 1 s: shows that it runs, too short to quote
          --only TEXT      contenders whose name holds the text; several texts with commas between; members: the target for 10,000 members
          --peers FOLDER   where the built peers lie (bench/Peers of the repository)
          --help           this text
        """;

    private const int RoundsMin = 5;
    private const int RoundsMax = 1000;
    private const double SecondsMax = 600;

    public static Options Default { get; } = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(10), 7, [], null);

    /// <summary>Whether the target for 10,000 members is to be measured.</summary>
    public bool WantsMembers => (Only.Count == 0 && !IsQuick) || Only.Contains(ManyMembers.Name);

    /// <summary>Too short to quote.</summary>
    public bool IsQuick => Slice < Default.Slice;

    /// <summary>Whether any contender is to be measured.</summary>
    public bool WantsContest => Only.Count == 0 || Only.Any(text => text != ManyMembers.Name);

    public bool Wants(Contender contender) => Only.Count == 0 || Only.Any(contender.IsMeantBy);

    /// <exception cref="OptionsException">Something is not understood.</exception>
    public static Options Parse(IEnumerable<string> args)
    {
        var options = Default;
        var words = new Queue<string>(args);
        while (words.TryDequeue(out var name))
        {
            options = name switch
            {
                "--seconds" => options with { Slice = Seconds(name, Value()) },
                "--rounds" => options with { Rounds = RoundCount(name, Value()) },
                "--warm-up" => options with { WarmUp = Seconds(name, Value()) },
                "--quick" => options with { Slice = TimeSpan.FromSeconds(0.1), WarmUp = TimeSpan.FromSeconds(1), Rounds = RoundsMin },
                "--only" => options with { Only = Names(name, Value()) },
                "--peers" => options with { Peers = Folder(name, Value()) },
                _ => throw new OptionsException($"{name} is not known"),
            };

            string Value() => words.TryDequeue(out var value) ? value : throw new OptionsException($"{name} needs a value");
        }

        return options;
    }

    private static TimeSpan Seconds(string name, string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= SecondsMax
            ? TimeSpan.FromSeconds(value)
            : throw new OptionsException($"{name} {text}: it takes seconds, more than 0 and at most {SecondsMax}");

    private static int RoundCount(string name, string text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value is >= RoundsMin and <= RoundsMax
            ? value
            : throw new OptionsException($"{name} {text}: it takes a number from {RoundsMin} to {RoundsMax}");

    private static string[] Names(string name, string text)
    {
        var texts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var stray = texts.FirstOrDefault(t => t != ManyMembers.Name && !Contenders.All.Any(c => c.IsMeantBy(t)));
        return texts.Length > 0 && stray is null
            ? texts
            : throw new OptionsException(
                $"{name} {stray ?? text}: it takes {ManyMembers.Name} and the contenders, {string.Join(", ", Contenders.All.Select(c => c.Name))}");
    }

    private static string Folder(string name, string text) =>
        Directory.Exists(text) ? text : throw new OptionsException($"{name} {text}: there is no such folder");
}

/// <summary>The command line is not understood; the message says why.</summary>
internal sealed class OptionsException(string message) : Exception(message);
