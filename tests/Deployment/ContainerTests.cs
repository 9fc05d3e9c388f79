using System.Text.RegularExpressions;
using AkkaLb.Tests.Support;

namespace AkkaLb.Deployment.Tests;

/// <summary>The image and the composition fit the programs.</summary>
public sealed partial class ContainerTests
{
    private static readonly string Image = Shipped.Text("container/Containerfile");

    private readonly Dictionary<object, object> _services =
        (Dictionary<object, object>)Shipped.Yaml("container/compose.yaml")["services"];

    [Theory]
    [InlineData("balancer-1", "balancer")]
    [InlineData("balancer-2", "balancer")]
    [InlineData("worker-1", "worker")]
    [InlineData("worker-2", "worker")]
    [InlineData("worker-3", "worker")]
    [InlineData("client", "client")]
    public void The_variables_of_a_service_are_settings_of_its_program_and_its_host_is_its_name(string name, string program)
    {
        var service = (Dictionary<object, object>)_services[name];
        var command = (List<object>)service[program == "client" ? "entrypoint" : "command"];
        Assert.Equal($"akkalb-{program}", command.Single());
        var variables = ((Dictionary<object, object>)service["environment"]).ToDictionary(v => (string)v.Key, v => (string)v.Value);
        Assert.Equal(name, variables["AKKALB__HOST"]);
        Shipped.Load(program, null, variables.Concat(ImageVariables()).ToDictionary());
    }

    [Fact]
    public void The_services_are_those_and_what_they_publish_is_of_this_machine_alone()
    {
        Assert.Equal(
            ["balancer-1", "balancer-2", "client", "etcd", "worker-1", "worker-2", "worker-3"],
            _services.Keys.Cast<string>().Order(StringComparer.Ordinal));
        var services = _services.Values.Cast<Dictionary<object, object>>().ToList();
        var ports = services.Where(s => s.ContainsKey("ports")).SelectMany(s => (List<object>)s["ports"]).Cast<string>().ToList();
        Assert.Equal(5, ports.Count);
        Assert.All(ports, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        Assert.Equal(ports.Distinct(), ports);
        var ids = services.Where(s => s.ContainsKey("environment")).Select(s => (Dictionary<object, object>)s["environment"])
            .Where(e => e.ContainsKey("AKKALB__WORKER__ID")).Select(e => (string)e["AKKALB__WORKER__ID"]).ToList();
        Assert.Equal(["w1", "w2", "w3"], ids.Order(StringComparer.Ordinal));
        var worker = (Dictionary<object, object>)_services["worker-2"];
        Assert.True(TimeSpan.FromSeconds(int.Parse(((string)worker["stop_grace_period"]).TrimEnd('s'))) >= Shipped.WorkerStop);
    }

    [Fact]
    public void The_image_runs_as_nobody_special_and_links_the_programs_that_are_published()
    {
        Assert.Matches(@"(?m)^USER [1-9]\d*$", Image);
        var publish = File.ReadAllText(Path.Combine(Repository.Root, "scripts", "publish"));
        var links = Linked().Matches(Image).ToDictionary(m => m.Groups["command"].Value, m => m.Groups["program"].Value);
        Assert.Equal(["akkalb-balancer", "akkalb-client", "akkalb-worker"], links.Keys.Order(StringComparer.Ordinal));
        Assert.All(links.Values, program => Assert.Contains(program, publish, StringComparison.Ordinal));
        Assert.All(["balancer", "worker", "client"], program => Shipped.Load(program, null, ImageVariables().ToDictionary()));
    }

    [Fact]
    public void The_image_is_built_of_all_that_publishing_reads()
    {
        var left = File.ReadAllLines(Path.Combine(Repository.Root, ".dockerignore"));
        Assert.All(["src", "hocon", "scripts", "Directory.Build.props", "global.json"], part => Assert.DoesNotContain(part, left));
    }

    private static IEnumerable<KeyValuePair<string, string>> ImageVariables() =>
        Variable().Matches(Image).Select(m => KeyValuePair.Create(m.Groups[1].Value, m.Groups[2].Value));

    [GeneratedRegex(@"ln -s /opt/akkalb/bin/(?<program>\S+) /usr/local/bin/(?<command>\S+)")]
    private static partial Regex Linked();

    [GeneratedRegex(@"(?m)^ENV (AKKALB__\w+)=(\S+)$")]
    private static partial Regex Variable();
}
