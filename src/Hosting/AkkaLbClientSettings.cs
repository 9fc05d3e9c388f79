using Akka.Configuration;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Messages;
using AkkaLb.Registry;

namespace AkkaLb.Hosting;

/// <summary>What an application says of its client: in its configuration at <c>AkkaLb:Client</c>, over that at <c>AkkaLb:Client:NAME</c>, over that
/// in <c>ConnectionStrings:NAME</c>, and over all in code.</summary>
public sealed class AkkaLbClientSettings
{
    /// <summary>The balancers, each <c>host:port</c> or <c>akka.tcp://system@host:port</c>, with commas between them.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Where the balancers are, when it takes more than addresses, etcd or Akka.Discovery for example; goes over
    /// <see cref="ConnectionString"/>. Only in code.</summary>
    public IBalancerDirectory? Balancers { get; set; }

    /// <summary>Goes over the configuration of the client's own actor system, to set up a method of Akka.Discovery for example. An application's
    /// own actor system has its own, and this is not used. Only in code.</summary>
    public Config AkkaConfig { get; set; } = Config.Empty;

    /// <summary>Your own message types, under the same short names as at the workers. Only in code.</summary>
    public UserMessages Messages { get; set; } = UserMessages.None;

    /// <summary>The address that workers answer to; default 127.0.0.1. An application's own actor system has its own, and this is not used.</summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>The port that workers answer to; default 0: any free one. An application's own actor system has its own, and this is not
    /// used.</summary>
    public int Port { get; set; }

    /// <summary>Where the client is, so that workers there are preferred; default: it does not tell.</summary>
    public string Zone { get; set; } = "";

    /// <summary>Jobs not yet finished at once; more are refused; default 100,000.</summary>
    public int JobsMax { get; set; } = ClientSettings.Default.JobsMax;

    /// <summary>See <see cref="ClientSettings.RepliesBytesMax"/>. Default 256 MiB, at least 1 MiB.</summary>
    public long RepliesBytesMax { get; set; } = ClientSettings.Default.RepliesBytesMax;

    /// <summary>No health check <c>akkalb-client</c> or <c>akkalb-client-NAME</c>.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <param name="section">Where these settings stand, for complaints.</param>
    /// <param name="connection">Name of the connection string.</param>
    /// <exception cref="InvalidOperationException">Something is missing or unfit, with its path in the configuration.</exception>
    internal BalancedClientOptions ToOptions(string section, string connection)
    {
        var problems = new List<string>();
        var path = $"{section} or {section[..section.LastIndexOf(':')]}";
        if (Port is < 0 or > 65_535)
        {
            problems.Add($"{nameof(Port)} at {path} = {Port}: must be 0 to 65535");
        }

        if (RepliesBytesMax < ReplyTally.Window)
        {
            problems.Add($"{nameof(RepliesBytesMax)} at {path} = {RepliesBytesMax}: must be {ReplyTally.Window} or more");
        }

        if (JobsMax < 1)
        {
            problems.Add($"{nameof(JobsMax)} at {path} = {JobsMax}: must be 1 or more");
        }

        if (!WorkerRecord.IsZone(Zone))
        {
            problems.Add($"{nameof(Zone)} at {path} = {Zone}: must be {WorkerService.Rule}");
        }

        var balancers = Balancers ?? BalancersOf(section, connection, problems);
        return problems.Count > 0
            ? throw new InvalidOperationException(string.Join("; ", problems))
            : new BalancedClientOptions
            {
                Balancers = balancers!, Messages = Messages, Host = Host, Port = Port, AkkaConfig = AkkaConfig,
                Settings = ClientSettings.Default with { Zone = Zone, JobsMax = JobsMax, RepliesBytesMax = RepliesBytesMax },
            };
    }

    private FixedBalancers? BalancersOf(string section, string connection, List<string> problems)
    {
        if (string.IsNullOrWhiteSpace(ConnectionString))
        {
            problems.Add(
                $"ConnectionStrings:{connection} is missing: set it, or {section}:{nameof(ConnectionString)}, to the addresses of the balancers");
            return null;
        }

        try
        {
            return FixedBalancers.Of(ConnectionString.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }
        catch (ArgumentException e)
        {
            problems.Add($"ConnectionStrings:{connection} or {section}:{nameof(ConnectionString)} = {ConnectionString}: {e.Message}");
            return null;
        }
    }
}
