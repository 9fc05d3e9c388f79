using System.Globalization;

namespace AkkaLb.Bench.Etcd;

/// <summary>What <c>outages</c> is asked for.</summary>
/// <param name="Count">How many outages, one after another.</param>
/// <param name="Connections">How many connections in this process; at least 10, which have a watch each.</param>
/// <param name="Workers">How many worker programs.</param>
internal sealed record OutageOptions(int Count, int Connections, int Workers)
{
    public const string Command = "outages";

    /// <summary>Null, when it is not understood.</summary>
    public static OutageOptions? Parse(ReadOnlySpan<string> args)
    {
        var options = new OutageOptions(300, 100, 3);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            {
                return null;
            }

            switch (args[i])
            {
                case "--count":
                    options = options with { Count = number };
                    break;
                case "--connections" when number >= 10:
                    options = options with { Connections = number };
                    break;
                case "--workers":
                    options = options with { Workers = number };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
