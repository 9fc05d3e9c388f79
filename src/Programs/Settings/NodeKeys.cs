using AkkaLb.Etcd;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Logs;

namespace AkkaLb.Programs.Settings;

/// <summary>The settings that all three programs have.</summary>
public static class NodeKeys
{
    public const string Etcd = "akkalb.etcd";
    public const string RegistryEmbedded = "embedded";
    public const string RegistryEtcd = "etcd";
    public const string HttpOff = "off";
    public const string TransportPipelines = "pipelines";
    public const string TransportDotNetty = "dot-netty";

    public static readonly Setting<string> Host = Setting.Text("akkalb.host")
        .WithFlag("--host", "H", "name or address to listen at, under which others reach this node (127.0.0.1)");

    public static readonly Setting<int> Port = Setting.Whole("akkalb.port", 0, 65535)
        .WithFlag("--port", "N", "port to listen at; 0: any free one");

    public static readonly Setting<string> BindHost = Setting.Text("akkalb.bind.host");
    public static readonly Setting<int> BindPort = Setting.Whole("akkalb.bind.port", 0, 65535);

    public static readonly Setting<string> Registry = Setting.Choice("akkalb.registry", RegistryEmbedded, RegistryEtcd)
        .WithFlag("--registry", "embedded|etcd", "where workers register (embedded)");

    public static readonly Setting<IReadOnlyList<string>> EtcdEndpoints = Setting.TextList("akkalb.etcd.endpoints")
        .WithFlag("--etcd", "URL[,URL...]", "etcd's client addresses; implies --registry etcd", implies: (Registry, RegistryEtcd));

    public static readonly Setting<string> EtcdPrefix = Setting.Text("akkalb.etcd.prefix")
        .WithFlag("--prefix", "P", "what every key in etcd starts with (/akkalb)");

    public static readonly Setting<TimeSpan> EtcdRequestTimeout =
        Setting.Duration("akkalb.etcd.request-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));

    public static readonly Setting<string> EtcdCa = Setting.File("akkalb.etcd.tls.ca")
        .WithFlag("--etcd-ca", "FILE", "the CA that signed the certificates of etcd, PEM, for https; default: those this machine trusts");

    public static readonly Setting<string> EtcdCertificate = Setting.File("akkalb.etcd.tls.certificate")
        .WithFlag("--etcd-cert", "FILE", "our certificate for an etcd that asks for one, PEM");

    public static readonly Setting<string> EtcdKey = Setting.File("akkalb.etcd.tls.key").WithFlag("--etcd-key", "FILE", "its private key, PEM");

    public static readonly Setting<string> EtcdUser = Setting.Text("akkalb.etcd.user")
        .WithFlag("--etcd-user", "NAME", "the user of etcd's own authentication");

    public static readonly Setting<string> EtcdPassword = Setting.Secret("akkalb.etcd.password");

    /// <summary>A password in the configuration file gives way to the flag.</summary>
    public static readonly Setting<string> EtcdPasswordFile = Setting.File("akkalb.etcd.password-file")
        .WithFlag("--etcd-password-file", "FILE",
            $"a file whose first line is the password; default: the environment variable {EtcdSettingsReader.PasswordVariable}",
            implies: (EtcdPassword, ""));

    public static readonly Setting<string> Transport = Setting.Choice("akkalb.transport", TransportPipelines, TransportDotNetty)
        .WithFlag("--transport", $"{TransportPipelines}|{TransportDotNetty}",
            $"what carries the connections between nodes; {TransportDotNetty} is Akka.Remote's own, without TLS ({TransportPipelines})");

    public static readonly Setting<bool> TlsEnabled = Setting.Bool("akkalb.tls.enabled");

    public static readonly Setting<string> TlsCertificate = Setting.File("akkalb.tls.certificate")
        .WithFlag("--tls-cert", "FILE", "this node's certificate, PEM; switches mutual TLS between nodes on", implies: (TlsEnabled, "on"));

    public static readonly Setting<string> TlsKey = Setting.File("akkalb.tls.key")
        .WithFlag("--tls-key", "FILE", "its private key, PEM", implies: (TlsEnabled, "on"));

    public static readonly Setting<string> TlsCa = Setting.File("akkalb.tls.ca")
        .WithFlag("--tls-ca", "FILE", "the CA that signed the certificates of all nodes, PEM", implies: (TlsEnabled, "on"));

    public static readonly Setting<int?> HttpPort = Setting.WholeOr("akkalb.http.port", HttpOff, 0, 65535)
        .WithFlag("--http", "PORT", "port for health, metrics and state by HTTP; 0: any free one; off: none (off)");

    public static readonly Setting<string> HttpAdmin = Setting.File("akkalb.http.admin-token-file")
        .WithFlag("--http-admin", "FILE", "a balancer takes orders for workers by HTTP from whoever knows the token in this file (none)");

    public static readonly Setting<string> HttpHost = Setting.Text("akkalb.http.host");
    public static readonly Setting<string> HttpPathBase = Setting.Text("akkalb.http.path-base");
    public static readonly Setting<IReadOnlyList<string>> HttpAllowedHosts = Setting.TextList("akkalb.http.allowed-hosts");

    public static readonly Setting<string> LogLevel = Setting.Choice("akkalb.log.level", LogSettings.Levels)
        .WithFlag("--log-level", string.Join('|', LogSettings.Levels), "least level of the log on standard error");

    public static readonly Setting<string> LogFormat = Setting.Choice("akkalb.log.format", LogSettings.Formats)
        .WithFlag("--log-format", string.Join('|', LogSettings.Formats), "the log for people, or one JSON object a line");

    public static readonly Setting<IReadOnlyList<string>> Balancers = Setting.TextList("akkalb.balancers")
        .WithFlag("--balancer", "H:N[,H:N...]", "the balancers; default: those in etcd with --etcd, else 127.0.0.1:4053");

    public static readonly Setting<IReadOnlyDictionary<string, string>> Messages = Setting.TextMap("akkalb.messages");

    /// <summary>Those of every program, in the order of <c>--help</c>.</summary>
    public static IReadOnlyList<SettingKey> Common { get; } =
    [
        Host, Port, BindHost, BindPort, Registry, EtcdEndpoints, EtcdPrefix, EtcdRequestTimeout, EtcdCa, EtcdCertificate, EtcdKey, EtcdUser,
        EtcdPassword, EtcdPasswordFile, Transport, TlsEnabled, TlsCertificate, TlsKey, TlsCa, HttpPort, HttpAdmin, HttpHost, HttpPathBase,
        HttpAllowedHosts, LogLevel, LogFormat,
    ];

    /// <summary>Of those that look for balancers and carry users' messages.</summary>
    public static IReadOnlyList<SettingKey> BalancersAndMessages { get; } = [Balancers, Messages];
}
