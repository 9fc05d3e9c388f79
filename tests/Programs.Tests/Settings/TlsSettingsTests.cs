using System.CommandLine;
using AkkaLb.Transport.Pipelines.Tls;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;
using AkkaLb.Tests.Support.Certificates;

namespace AkkaLb.Programs.Tests.Settings;

public sealed class TlsSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-tls-").FullName;
    private readonly TestCertificate _node;

    public TlsSettingsTests()
    {
        using var authority = new TestAuthority(_folder, "ca");
        _node = authority.Issue("node");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_flags_connections_are_plain() => Assert.Null(Read([], out _));

    [Fact]
    public void Three_flags_switch_it_on()
    {
        var tls = Read(["--tls-cert", _node.CertificateFile, "--tls-key", _node.KeyFile, "--tls-ca", _node.AuthorityFile], out var problems);

        Assert.Empty(problems);
        Assert.NotNull(tls);
    }

    [Fact]
    public void Some_of_the_three_are_refused_and_the_rest_is_named()
    {
        Read(["--tls-cert", _node.CertificateFile], out var problems);

        Assert.Equal(
            "akkalb.tls.key (--tls-key) and akkalb.tls.ca (--tls-ca) are missing: TLS between nodes needs certificate, key and ca",
            Assert.Single(problems));
    }

    /// <summary>Whoever names files means TLS: without it the node would speak plainly and nobody would notice.</summary>
    [Fact]
    public void Files_with_TLS_switched_off_are_refused()
    {
        var file = Path.Combine(_folder, "node.hocon");
        File.WriteAllText(file, $"akkalb.tls.certificate = \"{_node.CertificateFile}\"");
        Read(["--config", file], out var problems);

        Assert.StartsWith("akkalb.tls.enabled = off, but files are named", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Unusable_file_is_named()
    {
        Read(["--tls-cert", _node.KeyFile, "--tls-key", _node.KeyFile, "--tls-ca", _node.AuthorityFile], out var problems);

        Assert.Equal($"akkalb.tls: {_node.KeyFile} holds no certificate in PEM form", Assert.Single(problems));
    }

    [Fact]
    public void Flags_for_etcd_become_its_TLS_and_its_user()
    {
        var password = Path.Combine(_folder, "password");
        File.WriteAllText(password, "secret");
        var etcd = ReadAll(
            ["--etcd", "https://a:1", "--etcd-ca", _node.AuthorityFile, "--etcd-cert", _node.CertificateFile, "--etcd-key", _node.KeyFile,
                "--etcd-user", "me", "--etcd-password-file", password],
            out var problems).Etcd;

        Assert.Empty(problems);
        Assert.True(etcd is { IsTls: true, Tls: { Authorities: not null, Certificate: not null }, Credentials.User: "me" });
    }

    [Fact]
    public void What_is_missing_for_etcd_is_named_with_its_flag()
    {
        ReadAll(["--etcd", "https://a:1", "--etcd-cert", _node.CertificateFile], out var problems);

        Assert.Equal("akkalb.etcd.tls.key (--etcd-key): is missing: a client certificate and its key go together", Assert.Single(problems));
    }

    [Fact]
    public void Password_of_the_wrong_shape_is_refused_without_showing_it()
    {
        var config = Akka.Configuration.ConfigurationFactory.ParseString("akkalb.etcd.password { topsecret = 1 }")
            .WithFallback(SettingsLoader.ReadDefaults(typeof(TlsSettingsTests).Assembly, "common.hocon"));
        var problem = Assert.Single(new SettingsSchema(NodeKeys.Common).Check(config, ""), p => p.Contains("password", StringComparison.Ordinal));

        Assert.DoesNotContain("topsecret", problem, StringComparison.Ordinal);
    }

    private static NodeTls? Read(string[] arguments, out List<string> problems) => ReadAll(arguments, out problems).Tls;

    private static CommonSettings ReadAll(string[] arguments, out List<string> problems)
    {
        var flags = new CommonFlags(new SettingsSchema(NodeKeys.Common));
        var command = new RootCommand();
        flags.AddTo(command);
        var parsed = command.Parse(arguments);
        var config = flags.Read(parsed).ToConfig();
        if (CommonFlags.Get(parsed, flags.Config) is { } file)
        {
            config = config.WithFallback(HoconFile.Load(file));
        }

        problems = [];
        return CommonSettings.Read(config.WithFallback(SettingsLoader.ReadDefaults(typeof(TlsSettingsTests).Assembly, "common.hocon")), problems);
    }
}
