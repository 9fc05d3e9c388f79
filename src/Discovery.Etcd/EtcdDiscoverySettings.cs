using System.Collections.Immutable;
using System.Net;
using Akka.Configuration;
using AkkaLb.Etcd;

namespace AkkaLb.Discovery.Etcd;

/// <summary>What <c>akka.discovery.etcd</c> says, checked. Defaults and meanings: <c>reference.conf</c>.</summary>
/// <param name="Register">Null: this process registers nothing by configuration.</param>
public sealed record EtcdDiscoverySettings(EtcdSettings Etcd, LookupMode Lookup, int WatchesMax, RegisterSettings? Register)
{
    /// <summary>Where the settings are.</summary>
    public const string Path = "akka.discovery.etcd";

    /// <param name="config">The actor system's whole configuration, or one with <see cref="Path"/>; missing keys take their default.</param>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is named, with full paths.</exception>
    public static EtcdDiscoverySettings Read(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var section = config.WithFallback(EtcdDiscovery.DefaultConfig()).GetConfig(Path);
        var problems = new List<string>();
        var settings = new EtcdDiscoverySettings(
            ReadEtcd(section, problems),
            Choice(section, "lookup", problems, ("watch", LookupMode.Watch), ("read", LookupMode.Read)),
            section.GetInt("watches-max"),
            section.GetBoolean("register.enabled") ? ReadRegister(section.GetConfig("register"), problems) : null);
        Check(problems, settings.WatchesMax >= 1, "watches-max", settings.WatchesMax, "must be 1 or more");
        return problems.Count == 0 ? settings : throw new ConfigurationException(string.Join(Environment.NewLine, problems));
    }

    /// <summary>How to reach etcd; when something is wrong with it, an etcd that is named nowhere.</summary>
    private static EtcdSettings ReadEtcd(Config section, List<string> problems)
    {
        var written = section.GetValue("endpoints") is { } value && value.IsArray()
            ? string.Join(',', section.GetStringList("endpoints"))
            : section.GetString("endpoints");
        var found = new List<(string Key, string Problem)>();
        var settings = EtcdSettingsReader.Read(
            key => key == EtcdSettingsReader.EndpointsKey ? written : section.GetString(key),
            Time(section, EtcdSettingsReader.RequestTimeoutKey, problems),
            Environment.GetEnvironmentVariable,
            found);
        problems.AddRange(found.Select(f => f.Key switch
        {
            "" => $"{Path}: {f.Problem}",
            EtcdSettingsReader.EndpointsKey => $"{Path}.{f.Key} = \"{written}\": {f.Problem}",
            _ => $"{Path}.{f.Key}: {f.Problem}",
        }));
        return settings ?? new EtcdSettings([]);
    }

    private static RegisterSettings ReadRegister(Config section, List<string> problems)
    {
        var (service, id, address, ttl) =
            (section.GetString("service-name"), section.GetString("instance-id"), section.GetString("address"), Time(
                section, "lease-ttl", problems, "register."));
        const string nameRule = "must be 1 to 128 characters of printable ASCII without blanks and '/'";
        Check(problems, ServiceNames.IsValid(service), "register.service-name", service, nameRule);
        Check(problems, id.Length == 0 || ServiceNames.IsValid(id), "register.instance-id", id, nameRule);
        Check(problems, section.GetInt("port") is >= 0 and <= 65535, "register.port", section.GetInt("port"), "must be from 0 to 65535");
        Check(problems, address.Length == 0 || IPAddress.TryParse(address, out _), "register.address", address, "must be an IP address");
        Check(problems, ttl >= TimeSpan.FromSeconds(1), "register.lease-ttl", ttl, "must be at least 1s");
        return new RegisterSettings(
            service,
            id,
            section.GetString("host"),
            section.GetInt("port"),
            IPAddress.TryParse(address, out var parsed) ? parsed : null,
            section.GetString("version"),
            section.GetConfig("attributes") is { IsEmpty: false } attributes
                ? attributes.AsEnumerable().ToImmutableSortedDictionary(a => a.Key, a => a.Value.GetString(), StringComparer.Ordinal)
                : ImmutableSortedDictionary<string, string>.Empty,
            new RegistrationOptions
            {
                LeaseTtl = ttl,
                OnConflict = Choice(section, "on-conflict", problems, (
                    "replace", ConflictRule.Replace), ("refuse", ConflictRule.Refuse), "register."),
            });
    }

    private static T Choice<T>(
        Config section, string key, List<string> problems, (string Name, T Value) first, (string Name, T Value) second, string below = "")
    {
        var written = section.GetString(key);
        Check(problems, written == first.Name || written == second.Name, below + key, written, $"must be {first.Name} or {second.Name}");
        return written == second.Name ? second.Value : first.Value;
    }

    /// <summary>An unreadable one counts as 2 s while the rest is read.</summary>
    private static TimeSpan Time(Config section, string key, List<string> problems, string below = "")
    {
        try
        {
            return section.GetTimeSpan(key, allowInfinite: false);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            Check(problems, false, below + key, section.GetString(key), "must be a time, for example 500ms or 2s");
            return TimeSpan.FromSeconds(2);
        }
    }

    private static void Check(List<string> problems, bool isGood, string key, object value, string rule)
    {
        if (!isGood)
        {
            problems.Add(FormattableString.Invariant($"{Path}.{key} = \"{value}\": {rule}"));
        }
    }
}

/// <summary>How a lookup is answered.</summary>
public enum LookupMode
{
    /// <summary>From a watch that the first lookup opens: at once, and with the last known instances while etcd is away.</summary>
    Watch,

    /// <summary>By a linearizable read.</summary>
    Read,
}

/// <summary>What <c>akka.discovery.etcd.register</c> says.</summary>
/// <param name="InstanceId">Empty: host:port.</param>
/// <param name="Host">Empty: the host of this system's remoting.</param>
/// <param name="Port">Zero: its port.</param>
public sealed record RegisterSettings(
    string ServiceName,
    string InstanceId,
    string Host,
    int Port,
    IPAddress? Address,
    string Version,
    ImmutableSortedDictionary<string, string> Attributes,
    RegistrationOptions Options);
