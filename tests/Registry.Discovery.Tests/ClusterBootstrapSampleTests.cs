using System.Globalization;
using System.Text.RegularExpressions;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Registry.Discovery.Tests;

/// <summary>The sample as three processes on loopback.</summary>
public sealed class ClusterBootstrapSampleTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Akka's defaults wait for seconds in which nothing changes.</summary>
    private const string Sooner = """
        akka.management.cluster.bootstrap {
          contact-point-discovery { stable-margin = 1s, interval = 200ms }
          contact-point.probe-interval = 500ms
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-bootstrap-").FullName;
    private readonly (int Remoting, int Management)[] _ports = [.. Enumerable.Range(0, 3).Select(_ => (FreePorts.Take(), FreePorts.Take()))];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public Task Three_nodes_at_known_addresses_form_a_cluster_and_do_jobs_for_each_other()
    {
        var hocon = Shipped("loopback.hocon");
        for (var node = 0; node < 3; node++)
        {
            hocon = hocon.Replace($"406{node + 1}", Text(_ports[node].Remoting), StringComparison.Ordinal)
                .Replace($"856{node + 1}", Text(_ports[node].Management), StringComparison.Ordinal);
        }

        return FormAndDoJobsAsync(hocon);
    }

    /// <summary>The configuration for Kubernetes as it is, but for the class that asks Kubernetes, of which there is none here.</summary>
    [Fact]
    public async Task Three_pods_with_named_ports_form_a_cluster_and_do_jobs_for_each_other()
    {
        var pods = Path.Combine(_folder, "pods");
        await File.WriteAllLinesAsync(pods, _ports.Select(p => $"sample 127.0.0.1 remoting={Text(p.Remoting)} management={Text(p.Management)}"));
        await FormAndDoJobsAsync($$"""
            {{Shipped("kubernetes.hocon")}}
            akka.loglevel = WARNING
            akka.discovery.kubernetes-api { class = "{{typeof(PodsInAFile).AssemblyQualifiedName}}", pods = "{{pods}}" }
            """);
    }

    private async Task FormAndDoJobsAsync(string hocon)
    {
        var file = Path.Combine(_folder, "node.hocon");
        await File.WriteAllTextAsync(file, $"{hocon}\n{Sooner}");
        await using var one = Node(file, 1);
        await using var two = Node(file, 2);
        await using var three = Node(file, 3);
        try
        {
            foreach (var (node, id) in new[] { (one, 1), (two, 2), (three, 3) })
            {
                await SaysAsync(node, $"^nodes: 3\\. Hello, node-{id}, from node-[^{id}]!$");
            }

            three.Signal(Signals.Terminate);
            Assert.Equal(0, (await three.EndedAsync()).ExitCode);
            await SaysAsync(one, "^nodes: 2\\. Hello, node-1, from node-2!$");
            await SaysAsync(two, "^nodes: 2\\. Hello, node-2, from node-1!$");
        }
        finally
        {
            output.WriteLine(string.Join('\n', one.Describe(), two.Describe(), three.Describe()));
        }
    }

    /// <summary>It may load what the tests have.</summary>
    private NodeProcess Node(string file, int number) => NodeProcess.Start(
        "dotnet", "exec", "--depsfile", Path.ChangeExtension(NodeProcess.AssemblyPath("AkkaLb.Registry.Discovery.Tests"), "deps.json"),
        NodeProcess.AssemblyPath("AkkaLb.Samples.ClusterBootstrap"),
        file, $"node-{number}", "127.0.0.1", Text(_ports[number - 1].Remoting), Text(_ports[number - 1].Management));

    private static Task<OutputLine> SaysAsync(NodeProcess node, string pattern) => Waiting.ForAsync(
        node.Output.FirstAsync(line => Regex.IsMatch(line, pattern)), TimeSpan.FromMinutes(1), $"a line {pattern}", node.Describe);

    private static string Shipped(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, file));

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
