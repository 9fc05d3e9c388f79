using System.Globalization;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Discovery;

namespace AkkaLb.Registry.Discovery.Tests;

/// <summary>A method that answers as <c>kubernetes-api</c> does, from a file with a line for each pod: <c>sample 10.0.0.1 remoting=4053
/// management=8558</c>.</summary>
public sealed class PodsInAFile(ExtendedActorSystem system, Config config) : ServiceDiscovery
{
    private readonly string _file = config.GetString("pods") ?? throw new ConfigurationException($"{system.Name} has no file of pods");

    public override async Task<Resolved> Lookup(Lookup lookup, TimeSpan resolveTimeout)
    {
        var pods = (await File.ReadAllLinesAsync(_file)).Select(line => line.Split(' ')).Where(pod => pod[0] == lookup.ServiceName);
        return new Resolved(lookup.ServiceName, [.. pods.Select(pod => Target(pod, lookup.PortName)).OfType<ResolvedTarget>()]);
    }

    /// <summary>A pod that does not name the port is left out; where no port is asked for, none is told.</summary>
    private static ResolvedTarget? Target(string[] pod, string? portName)
    {
        if (portName is null)
        {
            return new ResolvedTarget(pod[1], null, IPAddress.Parse(pod[1]));
        }

        var port = pod.Skip(2).Select(p => p.Split('=')).FirstOrDefault(p => p[0] == portName)?[1];
        return port is null ? null : new ResolvedTarget(pod[1], int.Parse(port, CultureInfo.InvariantCulture), IPAddress.Parse(pod[1]));
    }
}
