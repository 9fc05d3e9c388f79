using System.Text;
using Akka.Configuration;
using Akka.Coordination;
using AkkaLb.Etcd;

namespace AkkaLb.Coordination.Etcd;

/// <summary>A lease's section of the HOCON, read once.</summary>
/// <param name="Etcd">How to reach etcd; the prefix is the keys' common start.</param>
/// <param name="Timings">See there.</param>
internal sealed record EtcdLeaseSettings(EtcdSettings Etcd, LeaseTimings Timings)
{
    private const string Where = "the configuration of the lease on etcd";
    private const int NameLengthMax = 512;

    /// <summary>Reads the section that the lease provider found, keys of etcd that are missing in it from the package's defaults.</summary>
    /// <remarks>The three times come as the provider read them: a section without them has Akka's general 120 s and 12 s, unless the package's
    /// defaults are loaded.</remarks>
    /// <exception cref="ConfigurationException">Something is wrong; the message names every problem.</exception>
    public static EtcdLeaseSettings From(LeaseSettings settings)
    {
        var config = settings.LeaseConfig.WithFallback(EtcdLeaseProvider.DefaultConfig().GetConfig("akka.coordination.lease.etcd"));
        var problems = new List<string>();
        var timings = ReadTimings(config, settings.TimeoutSettings, problems);
        problems.AddRange(timings.Problems());
        problems.AddRange(new[] { NameProblem(
            "the lease's name", settings.LeaseName), NameProblem("the owner's name", settings.OwnerName) }.OfType<string>());
        var etcd = ReadEtcd(config, timings, problems);
        return problems.Count == 0
            ? new EtcdLeaseSettings(etcd!, timings)
            : throw new ConfigurationException($"{Where} is wrong: {string.Join("; ", problems)}");
    }

    private static LeaseTimings ReadTimings(Config config, TimeoutSettings times, List<string> problems)
    {
        var ttl = times.HeartbeatTimeout;
        var interval = times.HeartbeatInterval == TimeSpan.Zero ? ttl / 3 : times.HeartbeatInterval;
        var margin = string.IsNullOrEmpty(config.GetString("safety-margin", "")) ? ttl / 10 : ReadTime(config, "safety-margin", problems);
        return new LeaseTimings(ttl, interval, margin, times.OperationTimeout);
    }

    /// <summary>The one place that reads how etcd is reached.</summary>
    private static EtcdSettings? ReadEtcd(Config config, LeaseTimings timings, List<string> problems)
    {
        var written = config.GetValue("endpoints");
        var list = written.IsArray() ? string.Join(',', written.GetStringList()) : written.GetString();
        // A request that is never answered must leave time for another one.
        var requestTimeout = ReadTime(config, "request-timeout", problems);
        var found = new List<(string Key, string Problem)>();
        var etcd = EtcdSettingsReader.Read(
            key => key == EtcdSettingsReader.EndpointsKey ? list : config.GetString(key, ""),
            requestTimeout < timings.Ttl / 3 ? requestTimeout : timings.Ttl / 3,
            Environment.GetEnvironmentVariable,
            found);
        problems.AddRange(found.Select(f => f.Key is "" or EtcdSettingsReader.EndpointsKey ? f.Problem : $"{f.Key} {f.Problem}"));
        return etcd;
    }

    /// <summary>An unreadable one counts as 1 s while the rest is read.</summary>
    private static TimeSpan ReadTime(Config config, string key, List<string> problems)
    {
        try
        {
            return config.GetTimeSpan(key, allowInfinite: false);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            problems.Add($"{key} '{config.GetString(key)}' is no time; write for example 500ms or 2s");
            return TimeSpan.FromSeconds(1);
        }
    }

    private static string? NameProblem(string what, string name) =>
        name.Length is > 0 and <= NameLengthMax && !name.EnumerateRunes().Any(r => r == Rune.ReplacementChar || Rune.IsControl(r))
            ? null
            : $"{what} must have 1 to {NameLengthMax} characters, no control characters among them";
}
