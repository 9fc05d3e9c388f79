using System.CommandLine;
using AkkaLb.Etcd;
using AkkaLb.Hosting.Logs;
using AkkaLb.Hosting.Settings;

namespace AkkaLb.Hosting;

/// <summary>The flags that several programs have. Values are text: the settings' schema judges them, together with what a file says.</summary>
public sealed class CommonFlags
{
    public Option<string?> Config { get; } = Make("--config", "FILE", "HOCON settings that go over the defaults; flags go over both");

    public Option<string?> Host { get; } = Make("--host", "H", "name or address to listen at, under which others reach this node (127.0.0.1)");

    public Option<string?> Port { get; } = Make("--port", "N", "port to listen at; 0: any free one");

    public Option<string?> Registry { get; } = Make("--registry", "embedded|etcd", "where workers register (embedded)");

    public Option<string?> Etcd { get; } = Make("--etcd", "URL[,URL...]", "etcd's client addresses; implies --registry etcd");

    public Option<string?> Prefix { get; } = Make("--prefix", "P", "what every key in etcd starts with (/akkalb)");

    public Option<string?> LogLevel { get; } = Make("--log-level", string.Join('|', LogSettings.Levels), "least level of the log on standard error");

    public Option<string?> LogFormat { get; } = Make(
        "--log-format", string.Join('|', LogSettings.Formats), "the log for people, or one JSON object a line");

    public Option<string?> EtcdCa { get; } = Make(
        "--etcd-ca", "FILE", "the CA that signed the certificates of etcd, PEM, for https; default: those this machine trusts");

    public Option<string?> EtcdCert { get; } = Make("--etcd-cert", "FILE", "our certificate for an etcd that asks for one, PEM");

    public Option<string?> EtcdKey { get; } = Make("--etcd-key", "FILE", "its private key, PEM");

    public Option<string?> EtcdUser { get; } = Make("--etcd-user", "NAME", "the user of etcd's own authentication");

    public Option<string?> EtcdPasswordFile { get; } =
        Make("--etcd-password-file", "FILE",
            $"a file whose first line is the password; default: the environment variable {EtcdSettingsReader.PasswordVariable}");

    public Option<string?> TlsCert { get; } = Make("--tls-cert", "FILE", "this node's certificate, PEM; switches mutual TLS between nodes on");

    public Option<string?> TlsKey { get; } = Make("--tls-key", "FILE", "its private key, PEM");

    public Option<string?> TlsCa { get; } = Make("--tls-ca", "FILE", "the CA that signed the certificates of all nodes, PEM");

    public Option<string?> Balancers { get; } =
        Make("--balancer", "H:N[,H:N...]", "the balancers; default: those in etcd with --etcd, else 127.0.0.1:4053");

    /// <summary>Gives a program those flags that all have. A client listens at any port of this machine, unless its file says otherwise.</summary>
    public void AddTo(RootCommand command, bool isListening = true)
    {
        foreach (var option in (Option<string?>[])[Config, .. isListening ? [Host, Port] : Array.Empty<Option<string?>>(), Registry, Etcd, Prefix,
            EtcdCa, EtcdCert, EtcdKey, EtcdUser, EtcdPasswordFile, TlsCert, TlsKey, TlsCa, LogLevel, LogFormat])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>A flag whose value is text; given twice, the second is refused.</summary>
    public static Option<string?> Make(string name, string valueName, string meaning) =>
        new(name) { HelpName = valueName, Description = meaning, AllowMultipleArgumentsPerToken = false, Recursive = true };

    /// <summary>The flags of this set that were given, as settings.</summary>
    public FlagOverlay Read(ParseResult parsed)
    {
        var etcd = Get(parsed, Etcd);
        var (certificate, key, ca) = (Get(parsed, TlsCert), Get(parsed, TlsKey), Get(parsed, TlsCa));
        return new FlagOverlay()
            .Set(NodeKeys.Host, Get(parsed, Host))
            .Set(NodeKeys.Port, Get(parsed, Port))
            .Set(NodeKeys.Registry, Get(parsed, Registry) ?? (etcd is null ? null : NodeKeys.RegistryEtcd))
            .SetList(NodeKeys.EtcdEndpoints, etcd)
            .Set(NodeKeys.EtcdPrefix, Get(parsed, Prefix))
            .Set(NodeKeys.EtcdCa, Get(parsed, EtcdCa))
            .Set(NodeKeys.EtcdCertificate, Get(parsed, EtcdCert))
            .Set(NodeKeys.EtcdKey, Get(parsed, EtcdKey))
            .Set(NodeKeys.EtcdUser, Get(parsed, EtcdUser))
            .Set(NodeKeys.EtcdPassword, Get(parsed, EtcdPasswordFile) is null ? null : "") // one in the configuration file gives way
            .Set(NodeKeys.EtcdPasswordFile, Get(parsed, EtcdPasswordFile))
            .Set(NodeKeys.TlsEnabled, (certificate ?? key ?? ca) is null ? null : "on")
            .Set(NodeKeys.TlsCertificate, certificate)
            .Set(NodeKeys.TlsKey, key)
            .Set(NodeKeys.TlsCa, ca)
            .Set(NodeKeys.LogLevel, Get(parsed, LogLevel))
            .Set(NodeKeys.LogFormat, Get(parsed, LogFormat))
            .SetList(NodeKeys.Balancers, Get(parsed, Balancers));
    }

    /// <summary>The value of a flag; null where it was not given, was given wrongly, or the command does not have it.</summary>
    public static string? Get(ParseResult parsed, Option<string?> option) =>
        parsed.GetResult(option) is { } result && !result.Errors.Any() ? parsed.GetValue(option) : null;
}
