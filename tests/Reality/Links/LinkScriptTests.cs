using System.Globalization;

namespace AkkaLb.Reality.Links;

/// <summary>The scripts on Akka.Remote over loopback, and on the modelled network: both see what the script says.</summary>
public sealed class LinkScriptTests
{
    /// <summary>The model draws how long things take.</summary>
    private const int Seeds = 200;

    public static TheoryData<string> NamesOfProcesses => new(LinkScripts.OfProcesses.Select(s => s.Name));

    public static TheoryData<string> Names => new(LinkScripts.All.Select(s => s.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public Task Akka_shows_what_the_script_says(string name) =>
        RealRuns.AssertAsync(LinkScripts.All.Single(s => s.Name == name), () => new RealLinks());

    [Theory]
    [MemberData(nameof(Names))]
    public Task The_model_shows_what_the_script_says(string name) => AssertModelAsync(LinkScripts.All.Single(s => s.Name == name));

    [Theory]
    [MemberData(nameof(NamesOfProcesses))]
    public Task The_model_shows_what_the_script_of_processes_says(string name) =>
        AssertModelAsync(LinkScripts.OfProcesses.Single(s => s.Name == name));

    [Theory]
    [InlineData("kill")]
    [InlineData("reset")]
    public async Task What_is_sent_while_a_connection_breaks_arrives_in_order_or_never_and_what_comes_back_has_not_arrived(string what)
    {
        await using var links = new RealLinks();
        await links.StartAsync();
        await AssertInOrderOrNeverAsync(links, what);
    }

    [Theory]
    [InlineData("kill")]
    [InlineData("reset")]
    public async Task In_the_model_too(string what)
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            await using var links = new ModelLinks(seed);
            await links.StartAsync();
            await AssertInOrderOrNeverAsync(links, what);
        }
    }

    private static async Task AssertModelAsync(LinkScript script)
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            await using var links = new ModelLinks(seed);
            try
            {
                var (a, b) = await script.RunAsync(links);
                Assert.True(script.IsOfModel(a, b), $"seed {seed}: a: {a}; b: {b}");
                seen.Add(a);
            }
            catch (TooLateException)
            {
                // Another seed is in time: what was seen is compared below.
            }
        }

        Assert.Equal(script.ModelA.Order(StringComparer.Ordinal), seen);
    }

    private static async Task AssertInOrderOrNeverAsync(ILinkWorld links, string what)
    {
        const int before = 200;
        const int after = 2000;
        for (var number = 0; number < before; number++)
        {
            links.Send("a", "b", number);
        }

        await links.WaitAsync("b", "got 0");
        var breaking = links.DoAsync(what, "b");
        for (var number = before; number < after; number++)
        {
            links.Send("a", "b", number);
        }

        await breaking;
        await links.WaitAsync("a", "lost");
        links.Send("a", "b", after);
        await links.WaitAsync("a", $"dead {after}");

        var a = links["a"].Lines;
        var got = Numbers(links["b"].Lines, "got");
        var dead = Numbers(a, "dead");
        Assert.Equal(Enumerable.Range(0, got.Count), got);
        // Not in order: what was written last waits in a buffer, and what is sent later comes back at once.
        Assert.Equal(dead.Count, dead.Distinct().Count());
        Assert.True(got[^1] < dead.Min(), $"{got[^1]} arrived, and {dead.Min()} came back");
        Assert.True(a.ToList().IndexOf("lost") < a.ToList().IndexOf($"dead {dead[0]}"), "something came back before the loss was told");
    }

    private static List<int> Numbers(IReadOnlyList<string> lines, string what) =>
        [.. lines.Where(l => l.StartsWith(what, StringComparison.Ordinal)).Select(l => int.Parse(l[what.Length..], CultureInfo.InvariantCulture))];
}
