using System.CommandLine;
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

    public Option<string?> Balancers { get; } =
        Make("--balancer", "H:N[,H:N...]", "the balancers; default: those in etcd with --etcd, else 127.0.0.1:4053");

    /// <summary>A flag whose value is text; given twice, the second is refused.</summary>
    public static Option<string?> Make(string name, string valueName, string meaning) =>
        new(name) { HelpName = valueName, Description = meaning, AllowMultipleArgumentsPerToken = false, Recursive = true };

    /// <summary>The flags of this set that were given, as settings.</summary>
    public FlagOverlay Read(ParseResult parsed)
    {
        var etcd = Get(parsed, Etcd);
        return new FlagOverlay()
            .Set(NodeKeys.Host, Get(parsed, Host))
            .Set(NodeKeys.Port, Get(parsed, Port))
            .Set(NodeKeys.Registry, Get(parsed, Registry) ?? (etcd is null ? null : NodeKeys.RegistryEtcd))
            .SetList(NodeKeys.EtcdEndpoints, etcd)
            .Set(NodeKeys.EtcdPrefix, Get(parsed, Prefix))
            .SetList(NodeKeys.Balancers, Get(parsed, Balancers));
    }

    /// <summary>The value of a flag; null where it was not given or the command does not have it.</summary>
    public static string? Get(ParseResult parsed, Option<string?> option) => parsed.GetResult(option) is null ? null : parsed.GetValue(option);
}
