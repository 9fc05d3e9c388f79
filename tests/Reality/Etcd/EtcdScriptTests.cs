namespace AkkaLb.Reality.Etcd;

/// <summary>The scripts on a real etcd, and on the model: what comes of each step is what the script says.</summary>
[Trait("etcd", "each-release")]
public sealed class EtcdScriptTests
{
    /// <summary>The model draws how long things take.</summary>
    private const int Seeds = 100;

    public static TheoryData<string> Names => new(EtcdScripts.All.Select(s => s.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Etcd_does_what_the_script_says(string name)
    {
        var script = Of(name);
        await using var etcd = new RealEtcd();
        Assert.Equal(Clean(script), await script.RunAsync(etcd));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_model_does_what_the_script_says(string name)
    {
        var script = Of(name);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            await using var etcd = new ModelEtcd(seed);
            var came = await script.RunAsync(etcd);
            Assert.True(Clean(script) == came, $"seed {seed}:\n{came}");
        }
    }

    private static EtcdScript Of(string name) => EtcdScripts.All.Single(s => s.Name == name);

    private static string Clean(EtcdScript script) => string.Join('\n', script.Steps.Split('\n', StringSplitOptions.TrimEntries));
}
