using Akka.Configuration;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Programs.Tests.Settings;

/// <summary>Settings from environment variables.</summary>
public sealed class EnvironmentSettingsTests : IDisposable
{
    private static readonly Setting<string> Policy = Setting.Text("akkalb.services.*.policy").WithFlag("--service", "NAME=POLICY,...", "policies");

    private static readonly Setting<TimeSpan> Wait = Setting.Duration("akkalb.long-wait", TimeSpan.Zero, TimeSpan.FromHours(1))
        .WithFlag("--wait", "SECONDS", "how long", "s");

    private static readonly SettingsSchema Schema = new(
        [.. NodeKeys.Common, .. NodeKeys.BalancersAndMessages, Policy, Setting.Text("akkalb.worker.id"), Setting.Text("akkalb.worker.lease-ttl")]);

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-environment-").FullName;

    [Fact]
    public void A_variable_goes_over_the_file_and_a_flag_over_the_variable()
    {
        var file = Write("akkalb { port = 1, bind.port = 1, host = h1, log.level = error }");

        var config = Load(
            file, new FlagOverlay().Set(NodeKeys.Port, "3"), ("AKKALB__PORT", "2"), ("AKKALB__BIND__PORT", "2"), ("AKKALB__LOG__LEVEL", "debug"));

        Assert.Equal(
            (3, 2, "h1", "debug"),
            (config.Get(NodeKeys.Port), config.Get(NodeKeys.BindPort), config.Get(NodeKeys.Host), config.Get(NodeKeys.LogLevel)));
    }

    [Fact]
    public void A_list_has_commas_and_what_a_flag_implies_a_variable_implies_too()
    {
        var config = Load(null, new FlagOverlay(), ("AKKALB__ETCD__ENDPOINTS", "http://a:1,http://b:2"), ("AKKALB__ETCD__REQUEST_TIMEOUT", "3s"));

        Assert.Equal(["http://a:1", "http://b:2"], config.Get(NodeKeys.EtcdEndpoints));
        Assert.Equal((NodeKeys.RegistryEtcd, TimeSpan.FromSeconds(3)), (config.Get(NodeKeys.Registry), config.Get(NodeKeys.EtcdRequestTimeout)));
    }

    [Fact]
    public void A_name_that_the_user_chooses_stands_in_the_variable_as_it_is()
    {
        var config = Load(null, new FlagOverlay(), ("AKKALB__SERVICES__pdf-2__POLICY", "random"), ("AKKALB__SERVICES__a_b__POLICY", "maglev"));

        Assert.Equal(["a_b", "pdf-2"], config.NamesOf(Policy));
        Assert.Equal("random", config.GetFor(Policy, "pdf-2", null));
    }

    [Fact]
    public void A_number_is_in_the_unit_of_the_flag_and_a_duration_may_have_its_own()
    {
        var schema = new SettingsSchema([.. NodeKeys.Common, .. NodeKeys.BalancersAndMessages, Wait]);
        foreach (var (text, seconds) in new[] { ("7", 7.0), ("1.5", 1.5), ("2m", 120) })
        {
            var overlay = EnvironmentSettings.Read(new Dictionary<string, string> { ["AKKALB__LONG_WAIT"] = text }, schema, []);
            Assert.Equal(seconds, overlay.ToConfig().Get(Wait).TotalSeconds);
        }
    }

    [Fact]
    public void All_that_is_wrong_is_named_at_once_and_an_unknown_variable_with_the_nearest()
    {
        var problems = Assert.Throws<SettingsException>(() => Load(
            null, new FlagOverlay(), ("AKKALB__PORT", "many"), ("AKKALB__PROT", "1"), ("AKKALB__WORKER__NOTHING_LIKE_IT", "1"),
            ("AKKALB__BIND", "x"))).Problems;

        Assert.Equal(
            [
                "the environment variable AKKALB__BIND belongs to no setting; remove it",
                "the environment variable AKKALB__PROT belongs to no setting; did you mean AKKALB__PORT?",
                "the environment variable AKKALB__WORKER__NOTHING_LIKE_IT belongs to no setting; remove it",
                "environment: akkalb.port (--port) = many: must be from 0 to 65535",
            ],
            problems);
    }

    [Theory]
    [InlineData("AKKALB__SERVICES__{__LIMIT", "remove it")]
    [InlineData("AKKALB__SERVICES__a.b__LIMIT", "remove it")]
    [InlineData("AkkaLb__Port", "did you mean AKKALB__PORT?")]
    public void A_name_that_cannot_be_one_and_other_letters_are_refused(string variable, string advice) => Assert.Equal(
        [$"the environment variable {variable} belongs to no setting; {advice}"],
        Assert.Throws<SettingsException>(() => Load(null, new FlagOverlay(), (variable, "1"))).Problems);

    [Fact]
    public void A_variable_that_another_program_knows_means_nothing_and_one_that_is_near_it_is_refused_with_its_name()
    {
        (string, string)[] others =
            [("AKKALB__CLIENT__ZONE", "z1"), ("AKKALB__BALANCER__LEASE_TTL", "no duration"), ("AKKALB__BALANCER__SERVICES__pdf__POLICY", "random")];

        Assert.Null(ConfigTree.Find(Load(null, new FlagOverlay(), others), "akkalb.client"));
        Assert.Equal(
            ["the environment variable AKKALB__CLIENT__ZNOE belongs to no setting; did you mean AKKALB__CLIENT__ZONE?"],
            Assert.Throws<SettingsException>(() => Load(null, new FlagOverlay(), [.. others, ("AKKALB__CLIENT__ZNOE", "z1")])).Problems);
    }

    [Fact]
    public void A_variable_that_is_set_to_nothing_is_no_default() => Assert.Equal(
        ["environment: akkalb.port (--port) = \"\": must be from 0 to 65535"],
        Assert.Throws<SettingsException>(() => Load(null, new FlagOverlay(), ("AKKALB__PORT", ""))).Problems);

    [Fact]
    public void Each_setting_has_a_variable_of_its_own() => Assert.Equal(
        Schema.Keys.Count, Schema.Keys.Select(EnvironmentSettings.VariableOf).Distinct(StringComparer.Ordinal).Count());

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Config Load(string? file, FlagOverlay flags, params (string Name, string Text)[] environment) => SettingsLoader.Load(
        typeof(EnvironmentSettingsTests).Assembly, "common.hocon", file, flags, Schema, c => c,
        environment.ToDictionary(v => v.Name, v => v.Text)).Settings;

    private string Write(string hocon)
    {
        var file = Path.Combine(_folder, "settings.hocon");
        File.WriteAllText(file, hocon);
        return file;
    }
}
