using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Core;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;
using AkkaLb.Registry;

namespace AkkaLb.Programs.Tests.Settings;

public class CommonSettingsTests
{
    private static readonly Config Defaults = SettingsLoader.ReadDefaults(typeof(CommonSettingsTests).Assembly, "common.hocon");

    private static readonly SettingsSchema Schema = new(
        [.. NodeKeys.Common, .. NodeKeys.BalancersAndMessages, new("akkalb.worker.id", SettingKind.Text), new(
            "akkalb.worker.lease-ttl", SettingKind.Text)]);

    [Fact]
    public void The_defaults_are_read()
    {
        var (settings, problems) = Read("");
        Assert.Empty(problems);
        Assert.Equal(new CommonSettings("127.0.0.1", 4053, null, TimeSpan.FromSeconds(2)), settings);
        Assert.Equal("embedded", settings.RegistryName);
    }

    [Theory]
    [InlineData("host = \"\"")]
    [InlineData("host = \"a b\"")]
    [InlineData("host = \"0.0.0.0\"")]
    [InlineData("host = \"0\"")]
    [InlineData("host = \"::1\"")]
    [InlineData("host = \"::\"")]
    [InlineData("host = \"x\\\"y\"")]
    public void A_host_nobody_can_reach_is_refused(string given) => Assert.Contains(
        "akkalb.host (--host) = ", Assert.Single(Read(given).Problems), StringComparison.Ordinal);

    [Theory]
    [InlineData("registry = etcd", "akkalb.etcd.endpoints (--etcd): no etcd endpoint is given")]
    [InlineData("registry = etcd, etcd.endpoints = [\"https://h:1\", \"h:2\"]",
        "akkalb.etcd.endpoints (--etcd): etcd endpoints with and without TLS cannot be mixed")]
    [InlineData("registry = etcd, etcd.endpoints = [\"h:2379\"], etcd.prefix = x", "akkalb.etcd: prefix 'x' must start with '/'")]
    public void Wrong_etcd_settings_are_named(string given, string problem) =>
        Assert.StartsWith(problem, Assert.Single(Read(given).Problems), StringComparison.Ordinal);

    [Fact]
    public void Etcd_settings_are_not_looked_at_while_the_registry_is_embedded() => Assert.Null(Read("etcd.prefix = x").Settings.Etcd);

    [Fact]
    public void Every_wrong_balancer_is_named()
    {
        var problems = new List<string>();
        CommonSettings.ReadBalancers(Config("balancers = [\"h:1\", \"h\", \"h:0\"]"), problems);
        Assert.Equal(
            [
                "akkalb.balancers (--balancer) = h: must be host:port, several with commas between",
                "akkalb.balancers (--balancer) = h:0: must be host:port, several with commas between",
            ],
            problems);
    }

    [Fact]
    public void A_message_listed_twice_is_named()
    {
        var problems = new List<string>();
        CommonSettings.ReadMessages(Config("messages { a = System.String, b = System.String }"), problems);
        Assert.StartsWith("akkalb.messages: message type System.String", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5s", true)]
    [InlineData("1500ms", false)]
    public void A_lease_counts_whole_seconds(string ttl, bool isGood)
    {
        var problems = new List<string>();
        CommonSettings.ReadTtl(
            Config($"worker.lease-ttl = {ttl}"), Setting.Duration("akkalb.worker.lease-ttl", TimeSpan.Zero, TimeSpan.MaxValue), problems);
        Assert.Equal(isGood, problems.Count == 0);
    }

    [Theory]
    [InlineData("", "given")]
    [InlineData("w-1.a_B", "w-1.a_B")]
    [InlineData("a/b", null)]
    [InlineData("ä", null)]
    public void An_id_is_the_default_when_empty_and_else_must_fit_a_key(string id, string? read)
    {
        var problems = new List<string>();
        var was = CommonSettings.ReadId(Config($"worker.id = \"{id}\""), Setting.Text("akkalb.worker.id"), "given", problems);
        Assert.Equal(read is null ? 1 : 0, problems.Count);
        Assert.Equal(read ?? was, was);
    }

    [Fact]
    public void The_default_id_is_a_valid_one_with_the_process_in_it()
    {
        Assert.True(WorkerIds.IsValid(NodeIdentity.DefaultId()));
        Assert.EndsWith($"-{Environment.ProcessId}", NodeIdentity.DefaultId(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("h:1", "h", 1)]
    [InlineData("127.0.0.1:4053", "127.0.0.1", 4053)]
    [InlineData("a.example.org:65535", "a.example.org", 65535)]
    [InlineData("[::1]:80", "[::1]", 80)]
    public void An_address_is_host_and_port(string text, string host, int port)
    {
        Assert.True(NodeAddress.TryParse(text, out var address));
        Assert.Equal(new Address("akka.tcp", "AkkaLb", host, port), address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData(":1")]
    [InlineData("h:")]
    [InlineData("h:0")]
    [InlineData("h:65536")]
    [InlineData("h:+1")]
    [InlineData("h:-1")]
    [InlineData("h: 1")]
    [InlineData("h:1x")]
    [InlineData("::1:80")]
    [InlineData("[::1:80")]
    [InlineData("a b:1")]
    [InlineData("a@b:1")]
    [InlineData("a/b:1")]
    [InlineData("http://h:1")]
    [InlineData("h:99999999999999999999")]
    public void Anything_else_is_no_address(string text) => Assert.False(NodeAddress.TryParse(text, out _));

    [Fact]
    public void A_flag_beats_the_file_and_the_file_the_default()
    {
        var defaults = typeof(CommonSettingsTests).Assembly;
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "akkalb { host = from-file, port = 1 }");
            var config = SettingsLoader.Load(defaults, "common.hocon", file, new FlagOverlay().Set(NodeKeys.Port, "2"), Schema, c => c).Settings;
            Assert.Equal(("from-file", 2, "embedded"), (
                config.Get(NodeKeys.Host), config.Get(NodeKeys.Port), config.Get(NodeKeys.Registry)));

            File.WriteAllText(file, "");
            Assert.Equal(4053, SettingsLoader.Load(
                defaults, "common.hocon", file, new FlagOverlay(), Schema, c => c).Settings.Get(NodeKeys.Port));
            Assert.Equal(4053, SettingsLoader.Load(
                defaults, "common.hocon", null, new FlagOverlay(), Schema, c => c).Settings.Get(NodeKeys.Port));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Problems_of_file_and_flags_come_at_once() => Assert.Equal(
        2,
        Assert.Throws<SettingsException>(() => SettingsLoader.Load(
            typeof(CommonSettingsTests).Assembly, "common.hocon", null, new FlagOverlay().Set(NodeKeys.Port, "x").Set(NodeKeys.Registry, "y"), Schema,
            c => c)).Problems.Count);

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("h:1,,h:2")]
    public void A_list_flag_with_an_empty_item_is_refused_and_never_a_default(string given) => Assert.Contains(
        "akkalb.balancers (--balancer)",
        Assert.Single(Assert.Throws<SettingsException>(() => SettingsLoader.Load(
            typeof(CommonSettingsTests).Assembly, "common.hocon", null, new FlagOverlay().Set(NodeKeys.Balancers, given), Schema,
            c => c)).Problems),
        StringComparison.Ordinal);

    private static Config Config(string settings) =>
        ConfigurationFactory.ParseString($"akkalb {{ {settings} }}").WithFallback(Defaults);

    private static (CommonSettings Settings, IReadOnlyList<string> Problems) Read(string settings)
    {
        var problems = new List<string>();
        return (CommonSettings.Read(Config(settings), problems), problems);
    }
}
