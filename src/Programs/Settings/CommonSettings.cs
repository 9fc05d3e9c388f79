using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Core;
using AkkaLb.Endpoints;
using AkkaLb.Etcd;
using AkkaLb.Messages;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Http;
using AkkaLb.Programs.Logs;
using AkkaLb.Registry;
using AkkaLb.Remoting;
using AkkaLb.Transport.Pipelines.Tls;

namespace AkkaLb.Programs.Settings;

/// <summary>What all three programs read, checked.</summary>
/// <param name="Port">0: any free one.</param>
/// <param name="Etcd">Null when the registry is the embedded one.</param>
/// <param name="RequestTimeout">Bound of one request to a registry.</param>
/// <param name="Tls">Null: connections between nodes are plain.</param>
public sealed record CommonSettings(string Host, int Port, EtcdSettings? Etcd, TimeSpan RequestTimeout, NodeTls? Tls = null)
{
    /// <summary>Where the node listens when that is not where the others reach it.</summary>
    public string BindHost { get; init; } = Host;

    /// <inheritdoc cref="BindHost"/>
    public int BindPort { get; init; } = Port;

    /// <summary>What carries the connections between nodes.</summary>
    public NodeTransport Transport { get; init; } = NodeTransport.Pipelines;

    /// <summary>Null: the program answers no HTTP.</summary>
    public HttpSettings? Http { get; init; }

    public LogSettings Log { get; init; } = new(LogLevel.Info, LogFormat.Text);

    public string RegistryName => Etcd is null ? NodeKeys.RegistryEmbedded : NodeKeys.RegistryEtcd;

    /// <exception cref="SettingsException">A value that the schema cannot judge alone is wrong.</exception>
    public static CommonSettings Read(Config config, List<string> problems)
    {
        var host = config.Get(NodeKeys.Host);
        if (!HostName.CanBeDialledFromAnywhere(host))
        {
            problems.Add($"{NodeKeys.Host} = {host}: must be a name or address under which the other nodes reach this one");
        }

        var (port, bindHost, bindPort) = (config.Get(NodeKeys.Port), config.Get(NodeKeys.BindHost), config.Get(NodeKeys.BindPort));
        if (bindHost.Length > 0 && Uri.CheckHostName(bindHost) is UriHostNameType.Unknown)
        {
            problems.Add($"{NodeKeys.BindHost} = {bindHost}: must be a name or address of this machine, or 0.0.0.0 for all of them");
        }

        if (bindPort > 0 && port == 0)
        {
            problems.Add($"{NodeKeys.BindPort} = {bindPort}: needs {NodeKeys.Port}, the port under which the others reach this node");
        }

        var transport = config.Get(NodeKeys.Transport) == NodeKeys.TransportDotNetty ? NodeTransport.DotNetty : NodeTransport.Pipelines;
        var tls = ReadTls(config, problems);
        if (NodeTransports.WhyUnfit(transport, tls) is { } reason)
        {
            problems.Add($"{NodeKeys.Transport} = {NodeKeys.TransportDotNetty} {reason}");
        }

        return new CommonSettings(host, port, ReadEtcd(config, problems), config.Get(NodeKeys.EtcdRequestTimeout), tls)
        {
            Transport = transport,
            BindHost = bindHost.Length > 0 ? bindHost : host,
            BindPort = bindPort > 0 ? bindPort : port,
            Http = HttpSettings.Read(config, problems),
            Log = LogSettings.Of(config.Get(NodeKeys.LogLevel), config.Get(NodeKeys.LogFormat)),
        };
    }

    private static NodeTls? ReadTls(Config config, List<string> problems)
    {
        Setting<string>[] keys = [NodeKeys.TlsCertificate, NodeKeys.TlsKey, NodeKeys.TlsCa];
        var files = keys.Select(config.Get).ToArray();
        if (!config.Get(NodeKeys.TlsEnabled))
        {
            if (files.Any(f => f.Length > 0))
            {
                problems.Add($"{NodeKeys.TlsEnabled} = off, but files are named below it: set it to on, or remove them");
            }

            return null;
        }

        var missing = keys.Where((_, i) => files[i].Length == 0).ToArray();
        if (missing.Length > 0)
        {
            problems.Add($"{string.Join<SettingKey>(" and ", missing)} {(missing.Length == 1 ? "is" : "are")} missing: TLS between nodes needs "
                + "certificate, key and ca");
            return null;
        }

        try
        {
            return NodeTls.FromFiles(files[0], files[1], files[2]);
        }
        catch (PemFileException e)
        {
            problems.Add($"akkalb.tls: {e.Message}");
            return null;
        }
    }

    private static EtcdSettings? ReadEtcd(Config config, List<string> problems)
    {
        if (config.Get(NodeKeys.Registry) != NodeKeys.RegistryEtcd)
        {
            return null;
        }

        var found = new List<(string Key, string Problem)>();
        var settings = EtcdSettingsReader.Read(
            key => key == EtcdSettingsReader.EndpointsKey
                ? string.Join(',', config.Get(NodeKeys.EtcdEndpoints))
                : config.ReadText($"{NodeKeys.Etcd}.{key}"),
            config.Get(NodeKeys.EtcdRequestTimeout),
            Environment.GetEnvironmentVariable,
            found);
        problems.AddRange(found.Select(f => $"{NameOf(f.Key)}: {f.Problem}"));
        return settings;

        static string NameOf(string key) =>
            key.Length == 0 ? NodeKeys.Etcd : (
                NodeKeys.Common.FirstOrDefault(k => k.Path == $"{NodeKeys.Etcd}.{key}")?.ToString() ?? $"{NodeKeys.Etcd}.{key}");
    }

    /// <summary>Balancers listed by the operator; null when they are to be found in etcd.</summary>
    public static IReadOnlyList<Address>? ReadBalancers(Config config, List<string> problems)
    {
        var texts = config.Get(NodeKeys.Balancers);
        if (texts.Count == 0)
        {
            return config.Get(NodeKeys.Registry) == NodeKeys.RegistryEtcd ? null : [NodeAddress.Of("127.0.0.1", 4053)];
        }

        var addresses = new List<Address>();
        foreach (var text in texts)
        {
            if (NodeAddress.TryParse(text, out var address))
            {
                addresses.Add(address);
            }
            else
            {
                problems.Add($"{NodeKeys.Balancers} = {text}: must be host:port, several with commas between");
            }
        }

        return addresses;
    }

    /// <summary>An id that becomes part of a registry key, or the default where it is empty.</summary>
    public static string ReadId(Config config, Setting<string> setting, string defaultId, List<string> problems)
    {
        var id = config.Get(setting);
        if (id.Length == 0)
        {
            return defaultId;
        }

        if (!WorkerIds.IsValid(id))
        {
            problems.Add($"{setting} = {id}: must be 1 to {WorkerIds.LengthMax} letters, digits, dots, underscores or hyphens");
        }

        return id;
    }

    /// <summary>The name of a zone; empty: none.</summary>
    public static string ReadZone(Config config, Setting<string> setting, List<string> problems)
    {
        var zone = config.Get(setting);
        if (WorkerRecord.IsZone(zone))
        {
            return zone;
        }

        problems.Add($"{setting} = {zone}: must be {WorkerService.Rule}");
        return "";
    }

    /// <summary>A lease's time to live: whole seconds, as etcd counts them.</summary>
    public static TimeSpan ReadTtl(Config config, Setting<TimeSpan> setting, List<string> problems)
    {
        var ttl = config.Get(setting);
        if (ttl != TimeSpan.FromSeconds((long)ttl.TotalSeconds))
        {
            problems.Add($"{setting} = {ttl.TotalSeconds} s: must be whole seconds");
        }

        return ttl;
    }

    /// <summary>A type by its name as an operator writes it; null when there is none.</summary>
    public static Type? FindType(string name)
    {
        try
        {
            return Type.GetType(name, throwOnError: false);
        }
        catch (Exception e) when (e is IOException or ArgumentException or BadImageFormatException or TypeLoadException)
        {
            // Told not to throw, it still does for a malformed name and for an assembly that cannot be loaded.
            return null;
        }
    }

    /// <summary>Resolves <c>akkalb.messages</c>.</summary>
    public static UserMessages ReadMessages(Config config, List<string> problems)
    {
        var listed = new List<KeyValuePair<string, Type>>();
        foreach (var (manifest, name) in config.Get(NodeKeys.Messages))
        {
            if (FindType(name) is { } type)
            {
                listed.Add(new(manifest, type));
            }
            else
            {
                problems.Add($"{NodeKeys.Messages}.{manifest} = {name}: no such type; write \"Namespace.Type, Assembly\"");
            }
        }

        try
        {
            return new UserMessages(listed);
        }
        catch (UnfitMessagesException e)
        {
            problems.AddRange(e.Problems.Select(problem => $"{NodeKeys.Messages}: {problem}"));
            return UserMessages.None;
        }
    }
}
