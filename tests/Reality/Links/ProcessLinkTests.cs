namespace AkkaLb.Reality.Links;

/// <summary>The scripts that need real processes, on Akka.Remote in network namespaces.</summary>
public sealed class ProcessLinkTests
{
    public static TheoryData<string> Names => new(LinkScripts.OfProcesses.Select(s => s.Name));

    [NamespaceTheory]
    [MemberData(nameof(Names))]
    public Task Akka_shows_what_the_script_says(string name) =>
        RealRuns.AssertAsync(LinkScripts.OfProcesses.Single(s => s.Name == name), () => new ProcessLinks());
}

/// <summary>Runs a script on real nodes.</summary>
internal static class RealRuns
{
    /// <summary>How often a machine may be too slow for a script.</summary>
    private const int TriesMax = 6;

    public static async Task AssertAsync(LinkScript script, Func<ILinkWorld> create)
    {
        for (var tries = 1; ; tries++)
        {
            await using var world = create();
            try
            {
                var (a, b) = await script.RunAsync(world);
                Assert.True(script.IsOfAkka(a, b), $"a: {a}; b: {b}");
                return;
            }
            catch (TooLateException) when (tries < TriesMax)
            {
            }
        }
    }
}
