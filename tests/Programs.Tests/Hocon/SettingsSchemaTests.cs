using Akka.Configuration;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Tests.Hocon;

public class SettingsSchemaTests
{
    private const string Defaults = """
        akkalb {
          port = 4053
          labels { }
          balancer { policy = two-choices, share = 0.5, peers = [], verbose = off }
          worker { heartbeat = 1s, name = "" }
        }
        """;

    private static readonly SettingsSchema Schema = new(
        new SettingKey("akkalb.port", SettingKind.Whole(0, 65535), "--port"),
        new SettingKey("akkalb.labels", SettingKind.TextMap),
        new SettingKey("akkalb.balancer.policy", SettingKind.Choice("two-choices", "round-robin"), "--policy"),
        new SettingKey("akkalb.balancer.share", SettingKind.Fraction(0, 1)),
        new SettingKey("akkalb.balancer.peers", SettingKind.TextList),
        new SettingKey("akkalb.balancer.verbose", SettingKind.Bool),
        new SettingKey("akkalb.worker.heartbeat", SettingKind.Duration(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(60))),
        new SettingKey("akkalb.worker.name", SettingKind.Text));

    [Fact]
    public void Complete_settings_within_their_ranges_have_no_problems() => Assert.Empty(Schema.Check(Parse(Defaults), ""));

    [Theory]
    [InlineData("akkalb.port = 70000", "akkalb.port (--port) = 70000: must be from 0 to 65535")]
    [InlineData("akkalb.port = -1", "akkalb.port (--port) = -1: must be from 0 to 65535")]
    [InlineData("akkalb.port = 1.5", "akkalb.port (--port) = 1.5: must be from 0 to 65535")]
    [InlineData("akkalb.port = 99999999999999999999", "akkalb.port (--port) = 99999999999999999999: must be from 0 to 65535")]
    [InlineData("akkalb.port = null", "akkalb.port (--port) = null: must be from 0 to 65535")]
    [InlineData("akkalb.port = [1]", "akkalb.port (--port) = [1]: must be from 0 to 65535")]
    [InlineData("akkalb.port { x = 1 }", "akkalb.port (--port) = { ... }: must be from 0 to 65535")]
    [InlineData("akkalb.balancer.policy = best", "akkalb.balancer.policy (--policy) = best: must be one of two-choices, round-robin")]
    [InlineData("akkalb.balancer.share = 1.01", "akkalb.balancer.share = 1.01: must be a number from 0 to 1")]
    [InlineData("akkalb.balancer.share = NaN", "akkalb.balancer.share = NaN: must be a number from 0 to 1")]
    [InlineData("akkalb.balancer.peers = a", "akkalb.balancer.peers = a: must be a list of texts such as [a, b]")]
    [InlineData("akkalb.balancer.peers = [a, \"\"]", "akkalb.balancer.peers = [a, \"\"]: must be a list of texts such as [a, b]")]
    [InlineData("akkalb.balancer.verbose = 1", "akkalb.balancer.verbose = 1: must be true, false, on or off")]
    [InlineData("akkalb.worker.heartbeat = 90s", "akkalb.worker.heartbeat = 90s: must be from 50 ms to 60 s")]
    [InlineData("akkalb.worker.heartbeat = 1000", "akkalb.worker.heartbeat = 1000: must be from 50 ms to 60 s; add a unit: ms, s, m, h or d")]
    [InlineData("akkalb.worker.heartbeat = 1 week", "akkalb.worker.heartbeat = 1 week: must be from 50 ms to 60 s")]
    [InlineData("akkalb.worker.heartbeat = infinite", "akkalb.worker.heartbeat = infinite: must be from 50 ms to 60 s")]
    [InlineData("akkalb.worker.name = [x]", "akkalb.worker.name = [x]: must be text")]
    [InlineData("akkalb.labels = x", "akkalb.labels = x: must be an object of texts such as { name = value }")]
    [InlineData("akkalb.labels { a { b = 1 } }", "akkalb.labels = { ... }: must be an object of texts such as { name = value }")]
    [InlineData("akkalb.worker = 5", "akkalb.worker = 5: must be an object of settings, akkalb.worker { ... }")]
    [InlineData("akkalb.balancer.polcy = x", "unknown key akkalb.balancer.polcy; did you mean akkalb.balancer.policy?")]
    [InlineData("akkalb.heartbeat = 1s", "unknown key akkalb.heartbeat; did you mean akkalb.worker.heartbeat?")]
    [InlineData("akkalb.workr { name = x, heartbeat = 1s }", "unknown key akkalb.workr; did you mean akkalb.worker?")]
    [InlineData("akkalb.colour = red", "unknown key akkalb.colour; remove it")]
    [InlineData("akkalb.\"a.b\" = 1", "unknown key akkalb.\"a.b\"; remove it")]
    public void A_wrong_setting_gives_one_line_with_path_value_and_what_is_allowed(string setting, string problem) =>
        Assert.Equal([problem], Schema.Check(Parse($"{Defaults}\n{setting}\n"), ""));

    [Fact]
    public void All_problems_come_together_each_with_its_source() =>
        Assert.Equal(
            [
                "x.hocon: unknown key akkalb.balancer.polcy; did you mean akkalb.balancer.policy?",
                "x.hocon: akkalb.port (--port) = x: must be from 0 to 65535",
                "x.hocon: akkalb.worker.heartbeat = 9m: must be from 50 ms to 60 s",
            ],
            Schema.Check(Parse(Defaults + "\nakkalb { port = x, balancer.polcy = y, worker.heartbeat = 9m }\n"), "x.hocon"));

    [Fact]
    public void A_missing_setting_is_a_problem() =>
        Assert.Equal(
            ["akkalb.port (--port) is missing; it must be from 0 to 65535"],
            Schema.Check(Parse(Defaults.Replace("port = 4053", "", StringComparison.Ordinal)), ""));

    [Fact]
    public void Defaults_below_a_file_count_as_set()
    {
        var config = Parse("akkalb { port = 1, worker { heartbeat = 2 s } }").WithFallback(Parse(Defaults));
        Assert.Empty(Schema.Check(config, ""));
        Assert.Equal(TimeSpan.FromSeconds(2), config.ReadDuration("akkalb.worker.heartbeat"));
        Assert.Equal("", config.ReadText("akkalb.worker.name"));
    }

    [Fact]
    public void A_text_map_takes_any_keys() => Assert.Empty(Schema.Check(Parse(Defaults + "\nakkalb.labels { zone = a, \"x.y\" = 2 }\n"), ""));

    [Fact]
    public void Settings_of_Akka_itself_are_not_looked_at() => Assert.Empty(Schema.Check(Parse(Defaults + "\nakka.loglevel = OFF\n"), ""));

    [Fact]
    public void The_keys_of_a_complete_file_are_those_of_the_schema() =>
        Assert.Equal(Schema.Keys.Select(key => key.Path).Order(StringComparer.Ordinal), Schema.KeysOf(Parse(Defaults)));

    [Fact]
    public void The_keys_of_a_file_include_unknown_ones() => Assert.Equal(["akkalb.other"], Schema.KeysOf(Parse("akkalb { other { x = 1 } }")));

    [Fact]
    public void A_schema_cannot_name_a_key_and_a_section_alike() =>
        Assert.Throws<ArgumentException>(
            () => new SettingsSchema(new SettingKey("akkalb.a", SettingKind.Text), new SettingKey("akkalb.a.b", SettingKind.Text)));

    [Fact]
    public void ThrowIfInvalid_carries_every_problem() =>
        Assert.Equal(8, Assert.Throws<SettingsException>(() => Schema.ThrowIfInvalid(Parse("akkalb { }"), "")).Problems.Count);

    private static Config Parse(string text) => ConfigurationFactory.ParseString(text);
}
