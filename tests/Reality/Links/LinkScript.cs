using System.Globalization;

namespace AkkaLb.Reality.Links;

/// <summary>Things that happen to the nodes a and b, in text, and what each of them sees.</summary>
/// <param name="A">Lines of a's journal, without what may vary; see <see cref="LinkTrace"/>. Where more than one may be, <c>|</c> stands
/// between them. Behind a line that Akka alone may show, at whatever place, and need not, stands <c>?</c>: a message that it has not written yet when
/// the connection breaks comes back.</param>
/// <param name="B">The same of b, through all its lives.</param>
/// <param name="OnlyRealA">What a may see besides, of Akka alone, written as <paramref name="A"/>: an event comes on another way than messages
/// do, and one may overtake the other.</param>
/// <param name="OnlyRealB">What b may see besides, of Akka alone: the model has no half of a connection.</param>
internal sealed record LinkScript(string Name, string Steps, string A, string B, string? OnlyRealA = null, string? OnlyRealB = null)
{
    /// <summary>How many tries a step gets before the script fails.</summary>
    private const int TriesMax = 300;

    /// <summary>What a may see in the model.</summary>
    public IReadOnlyList<string> ModelA => [.. A.Split(" | ").Select(one => string.Join(", ", one.Split(", ").Where(line => line[^1] != '?')))];

    /// <summary>Whether a may see this in the model, and b that.</summary>
    public bool IsOfModel(string a, string b) => ModelA.Contains(a) && Allows(B, b, withOptional: false);

    /// <summary>Whether a may see this of Akka, and b that.</summary>
    public bool IsOfAkka(string a, string b) =>
        (Allows(A, a, withOptional: true) || (OnlyRealA is not null && Allows(OnlyRealA, a, withOptional: true)))
        && (Allows(B, b, withOptional: true) || (OnlyRealB is not null && Allows(OnlyRealB, b, withOptional: true)));

    public override string ToString() => Name;

    /// <summary>Runs it.</summary>
    /// <returns>What both saw, without what may vary.</returns>
    public async Task<(string A, string B)> RunAsync(ILinkWorld world)
    {
        await world.StartAsync();
        foreach (var line in Steps.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            await StepAsync(world, line.Split(' '));
        }

        return (LinkTrace.Of(world["a"].Lines), LinkTrace.Of(world["b"].Lines));
    }

    private static async Task StepAsync(ILinkWorld world, string[] words)
    {
        switch (words)
        {
            case ["send", var from, var to, .. var numbers]:
                Array.ForEach(numbers, n => world.Send(from, to, Number(n)));
                break;
            case ["closed", var from, var to, var number]:
                world.AssertClosed(from);
                world.Send(from, to, Number(number));
                break;
            case ["reach", var from, var to, var number]:
                for (var i = 0; !world[to].Find($"got {number}"); i++)
                {
                    Assert.True(i < TriesMax, $"{to} cannot be reached: {LinkTrace.Of(world[from].Lines)}");
                    world.Send(from, to, Number(number));
                    await world.PauseAsync();
                }

                break;
            case ["learn", var from, var to]:
                await world.LearnAsync(from, to);
                break;
            case ["reference", var from, var number]:
                world.SendByReference(from, Number(number));
                break;
            case ["wait", var node, .. var line]:
                await world.WaitAsync(node, string.Join(' ', line));
                break;
            case ["standing", var node]:
                world.AssertStanding(node);
                break;
            case [var what, .. var node]:
                await world.DoAsync(what, node is [var only] ? only : "");
                break;
        }
    }

    private static bool Allows(string text, string seen, bool withOptional) => text.Split(" | ").Any(one =>
    {
        var left = seen.Split(", ").ToList();
        foreach (var line in one.Split(", ").Where(line => withOptional && line[^1] == '?'))
        {
            left.Remove(line[..^1]);
        }

        return left.SequenceEqual(one.Split(", ").Where(line => line[^1] != '?'));
    });

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>Takes out of a journal what may vary.</summary>
internal static class LinkTrace
{
    /// <summary>Numbers from here on are sent until one arrives: how many tries that takes does not count.</summary>
    public const int Repeated = 90;

    /// <summary>An event that says again what the last one said is left out. So is all but the first arrival of a number that is repeated.</summary>
    public static string Of(IReadOnlyList<string> lines)
    {
        var kept = new List<string>();
        var link = "";
        foreach (var line in lines)
        {
            if (line is "connected" or "lost")
            {
                if (line == link)
                {
                    continue;
                }

                link = line;
            }
            else if (line == "started")
            {
                link = "";
            }
            else if (line.Split(' ') is [var what, var text] && int.Parse(text, CultureInfo.InvariantCulture) >= Repeated
                && (what == "dead" || kept.Contains(line)))
            {
                continue;
            }
            else if (line == ChildNode.Listening)
            {
                continue;
            }

            kept.Add(line);
        }

        return string.Join(", ", kept);
    }
}
