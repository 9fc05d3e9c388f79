using Akka.Configuration;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Programs.Tests.Settings;

public sealed class SettingsLoaderTests : IDisposable
{
    private static readonly SettingsSchema Schema = new(
        [.. NodeKeys.Common, .. NodeKeys.BalancersAndMessages, new("akkalb.worker.id", SettingKind.Text), new(
            "akkalb.worker.lease-ttl", SettingKind.Text)]);

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-settings-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Values_of_the_file_values_of_flags_and_rules_between_settings_are_named_in_one_round()
    {
        var file = Write("akkalb { port = many, no-such-key = 1, worker.lease-ttl = 7s }");

        var problems = Assert.Throws<SettingsException>(
            () => Load(file, new FlagOverlay().Set(NodeKeys.Registry, "x"), Refuse("akkalb.worker.lease-ttl = 7s: too long"))).Problems;

        Assert.Equal(
            [
                $"{file}: unknown key akkalb.no-such-key; remove it",
                $"{file}: akkalb.port (--port) = many: must be from 0 to 65535",
                "akkalb.registry (--registry) = x: must be one of embedded, etcd",
                "akkalb.worker.lease-ttl = 7s: too long",
            ],
            problems);
    }

    [Fact]
    public void A_rule_about_a_setting_that_is_wrong_itself_is_not_told() => Assert.Equal(
        ["akkalb.port (--port) = x: must be from 0 to 65535"],
        Assert.Throws<SettingsException>(
            () => Load(null, new FlagOverlay().Set(NodeKeys.Port, "x"), Refuse("akkalb.bind.port = 1: needs akkalb.port (--port)"))).Problems);

    [Fact]
    public void Flags_are_judged_though_the_file_cannot_be_read() => Assert.Equal(
        2,
        Assert.Throws<SettingsException>(
            () => Load(Path.Combine(_folder, "missing"), new FlagOverlay().Set(NodeKeys.Port, "x"), c => c)).Problems.Count);

    [Fact]
    public void A_relative_path_in_a_file_belongs_to_its_folder_and_that_of_a_flag_does_not()
    {
        var file = Write("akkalb.tls { certificate = node.pem, key = \"/etc/node.key\" }");

        var config = Load(file, new FlagOverlay().Set(NodeKeys.TlsCa, "ca.pem"), c => c);

        Assert.Equal(
            (Path.Combine(_folder, "node.pem"), "/etc/node.key", "ca.pem"),
            (config.Get(NodeKeys.TlsCertificate), config.Get(NodeKeys.TlsKey), config.Get(NodeKeys.TlsCa)));
    }

    private static Func<Config, Config> Refuse(string problem) => _ => throw new SettingsException(problem);

    [Fact]
    public void A_file_that_sets_all_settings_to_one_value_is_told_in_one_line()
    {
        var file = Write("akkalb = 5");
        Assert.Equal(
            [$"{file}: akkalb = 5: must be an object of settings, akkalb {{ ... }}"],
            Assert.Throws<SettingsException>(() => Load(file, new FlagOverlay(), c => c)).Problems);
    }

    private static Config Load(string? file, FlagOverlay flags, Func<Config, Config> read) =>
        SettingsLoader.Load(typeof(SettingsLoaderTests).Assembly, "common.hocon", file, flags, Schema, read).Settings;

    private string Write(string hocon)
    {
        var file = Path.Combine(_folder, "settings.hocon");
        File.WriteAllText(file, hocon);
        return file;
    }
}
