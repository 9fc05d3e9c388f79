using AkkaLb.Hosting.Hocon;
using AkkaLb.Hosting.Logs;

namespace AkkaLb.Hosting.Settings;

/// <summary>The settings that all three programs have.</summary>
public static class NodeKeys
{
    public const string Host = "akkalb.host";
    public const string Port = "akkalb.port";
    public const string BindHost = "akkalb.bind.host";
    public const string BindPort = "akkalb.bind.port";
    public const string Registry = "akkalb.registry";
    public const string LogLevel = "akkalb.log.level";
    public const string LogFormat = "akkalb.log.format";
    public const string Balancers = "akkalb.balancers";
    public const string Messages = "akkalb.messages";
    public const string TlsEnabled = "akkalb.tls.enabled";
    public const string TlsCertificate = "akkalb.tls.certificate";
    public const string TlsKey = "akkalb.tls.key";
    public const string TlsCa = "akkalb.tls.ca";
    public const string Etcd = "akkalb.etcd";
    public const string EtcdEndpoints = "akkalb.etcd.endpoints";
    public const string EtcdPrefix = "akkalb.etcd.prefix";
    public const string EtcdRequestTimeout = "akkalb.etcd.request-timeout";

    public const string EtcdUser = "akkalb.etcd.user";
    public const string EtcdPassword = "akkalb.etcd.password";
    public const string EtcdPasswordFile = "akkalb.etcd.password-file";
    public const string EtcdCa = "akkalb.etcd.tls.ca";
    public const string EtcdCertificate = "akkalb.etcd.tls.certificate";
    public const string EtcdKey = "akkalb.etcd.tls.key";

    public const string RegistryEmbedded = "embedded";
    public const string RegistryEtcd = "etcd";

    /// <summary>Keys of every program.</summary>
    public static IReadOnlyList<SettingKey> Common { get; } =
    [
        new(Host, SettingKind.Text, "--host"),
        new(Port, SettingKind.Whole(0, 65535), "--port"),
        new(BindHost, SettingKind.Text),
        new(BindPort, SettingKind.Whole(0, 65535)),
        new(Registry, SettingKind.Choice(RegistryEmbedded, RegistryEtcd), "--registry"),
        new(LogLevel, SettingKind.Choice(LogSettings.Levels), "--log-level"),
        new(LogFormat, SettingKind.Choice(LogSettings.Formats), "--log-format"),
        new(TlsEnabled, SettingKind.Bool),
        new(TlsCertificate, SettingKind.Path, "--tls-cert"),
        new(TlsKey, SettingKind.Path, "--tls-key"),
        new(TlsCa, SettingKind.Path, "--tls-ca"),
        new(EtcdEndpoints, SettingKind.TextList, "--etcd"),
        new(EtcdPrefix, SettingKind.Text, "--prefix"),
        new(EtcdRequestTimeout, SettingKind.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1))),
        new(EtcdUser, SettingKind.Text, "--etcd-user"),
        new(EtcdPassword, SettingKind.Secret),
        new(EtcdPasswordFile, SettingKind.Path, "--etcd-password-file"),
        new(EtcdCa, SettingKind.Path, "--etcd-ca"),
        new(EtcdCertificate, SettingKind.Path, "--etcd-cert"),
        new(EtcdKey, SettingKind.Path, "--etcd-key"),
    ];

    /// <summary>Of those that look for balancers and carry users' messages.</summary>
    public static IReadOnlyList<SettingKey> BalancersAndMessages { get; } =
    [
        new(Balancers, SettingKind.TextList, "--balancer"),
        new(Messages, SettingKind.TextMap),
    ];
}
